import FoundationEssentials

/// The playbooks that the coordinator can choose from.
public struct PlaybookLibrary: Sendable {
    /// The playbooks, sorted by name.
    public let playbooks: [Playbook]

    /// Creates a library of playbooks. If several have the same name, the first one is used.
    public init(_ playbooks: [Playbook]) {
        var names: Set<String> = []
        self.playbooks = playbooks.filter { names.insert($0.name.lowercased()).inserted }.sorted { $0.name < $1.name }
    }

    /// Reads all `*.md` files in a directory except `README.md` and hidden files.
    /// - Throws: ``PlaybookError`` with the problems of all files.
    public init(directory: String) throws {
        var problems: [PlaybookError.Problem] = []
        var playbooks: [Playbook] = []
        var files: [String: String] = [:]
        for name in try Self.names(in: directory) {
            let file = "\(directory)/\(name)"
            do {
                // Invalid UTF-8 becomes U+FFFD, which the playbook reports with its line.
                let text = try String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self)
                let playbook = try Playbook(markdown: text, file: file)
                if let other = files.updateValue(file, forKey: playbook.name.lowercased()) {
                    problems.append(
                        .init(
                            code: .duplicateName, file: file, line: nil,
                            message: "the name '\(playbook.name)' is also that of \(other); rename one of the two"))
                }
                playbooks.append(playbook)
            } catch let error as PlaybookError {
                problems += error.problems
            } catch {
                problems.append(Self.unreadable(file, error))
            }
        }
        guard problems.isEmpty else { throw PlaybookError(problems) }
        self.init(playbooks)
    }

    /// Returns the playbooks that match a request, best match first.
    ///
    /// The score counts whole words of the request, ignoring case: a site's address most, then the words of `when`,
    /// then the words of the name and the sites. Playbooks with equal scores are sorted by name.
    public func find(_ request: String, limit: Int = 3) -> [Playbook] {
        let request = request.lowercased()
        let words = Self.words(request)
        let hosts = request.split { !$0.isLetter && !$0.isNumber && $0 != "." && $0 != "-" }
            .map { $0.hasSuffix(".") ? $0.dropLast() : $0 }
        let ranked = self.playbooks.map { playbook in
            let isAddressed = playbook.sites.contains { site in
                request.contains("[\(site)]") || hosts.contains { $0 == site || $0.hasSuffix("." + site) }
            }
            let when = Self.words(playbook.when)
            let names = Self.words(playbook.name).union(playbook.sites.flatMap(Self.siteWords))
            let score =
                (isAddressed ? 4 : 0) + 2 * words.intersection(when).count
                + words.intersection(names.subtracting(when)).count
            return (playbook, score)
        }
        // The sort is stable, so playbooks with equal scores stay sorted by name.
        return ranked.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.prefix(max(0, limit)).map(\.0)
    }

    /// Returns the playbook with this name, ignoring case.
    public func named(_ name: String) -> Playbook? {
        self.playbooks.first { $0.name.lowercased() == name.lowercased() }
    }

    private static func names(in directory: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") && $0.lowercased() != "readme.md" }
                .sorted()
        } catch {
            throw PlaybookError([Self.unreadable(directory, error)])
        }
    }

    private static func unreadable(_ path: String, _ error: any Error) -> PlaybookError.Problem {
        .init(
            code: .unreadable, file: path, line: nil,
            message: "cannot be read: \(error); check that it exists and may be read")
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
            .filter { $0.count > 1 }.subtracting(self.stopWords)
    }

    /// Returns the words of a host, without its last label and without numbers, which mean nothing on their own.
    private static func siteWords(_ site: String) -> Set<String> {
        let labels = site.split(separator: ".")
        return self.words(labels.count > 1 ? labels.dropLast().joined(separator: ".") : site)
            .filter { $0.contains(where: \.isLetter) }
    }

    /// Words that appear in requests of every kind, in English and Malay, and common parts of addresses.
    private static let stopWords: Set<String> = [
        "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
        "does", "for", "from", "had", "has", "have", "how", "if", "in", "into", "is", "it", "its", "me", "my", "no",
        "not", "of", "on", "or", "our", "out", "so", "some", "that", "the", "their", "them", "then", "there", "these",
        "they", "this", "to", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who", "will", "with",
        "would", "you", "your",
        "check", "find", "get", "give", "go", "help", "know", "let", "look", "need", "online", "open", "page", "please",
        "see", "show", "site", "tell", "use", "want", "web", "website",
        "ada", "akan", "apa", "atau", "boleh", "buka", "dan", "dari", "dengan", "di", "itu", "ini", "ke", "laman",
        "lihat", "mahu", "nak", "pada", "saya", "semak", "tidak", "tolong", "untuk", "yang",
        "com", "gov", "http", "https", "net", "org", "www",
    ]
}
