import BrowserAutomation
import FoundationEssentials

/// A page's request, parsed.
struct WebRequest: Sendable, Hashable {
    let page: PageRequest
    /// The origin, such as `https://example.com`.
    let origin: String
    let host: String
    let path: String
    let content: RequestFields

    init(_ request: PageRequest) {
        self.page = request
        let parts = URLComponents(string: request.url)
        self.host = parts?.host?.lowercased() ?? ""
        let port = parts?.port.map { ":\($0)" } ?? ""
        self.origin = "\(parts?.scheme ?? "")://\(self.host)\(port)"
        self.path = parts?.path ?? ""
        self.content = RequestFields(request, query: parts?.percentEncodedQuery)
    }

    /// The words of the path, in lowercase.
    var pathWords: [String] { Self.words(self.path) }

    /// The method and the address without its query.
    var place: String { "\(self.page.method) \(self.origin)\(self.path)" }

    /// Identifies repeated requests of the same kind. It holds the method, the address without path segments that
    /// contain digits, the names of the fields, and the values that contain no digits.
    var habit: String {
        let path = self.path.split(separator: "/").map { part in
            part.contains(where: \.isNumber) ? "#" : String(part)
        }
        let names = self.content.fields.map { field in
            let varies = field.value.contains(where: \.isNumber) && !field.name.lowercased().contains("hash")
            return "\(field.name)=\(varies ? "" : field.value)"
        }.sorted().joined(separator: "&")
        return "\(self.page.method) \(self.origin)/\(path.joined(separator: "/"))?\(names)"
    }

    /// Splits an identifier into lowercase words: `addToCart2` becomes `add`, `to`, `cart`.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in text {
            guard character.isLetter else {
                if !word.isEmpty { words.append(word.lowercased()) }
                word = ""
                continue
            }
            if character.isUppercase, let last = word.last, last.isLowercase {
                words.append(word.lowercased())
                word = ""
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word.lowercased()]
    }

    /// Returns the words of each part of an address's path.
    static func pathParts(of address: String) -> [[String]] {
        (URL(string: address)?.path ?? "").split(separator: "/").map { self.words(String($0)) }
    }

    /// Returns an address without its fragment.
    static func document(of address: String) -> String { address.split(separator: "#").first.map(String.init) ?? "" }

    /// Returns whether two hosts belong to the same site: they are equal, or share a registrable domain.
    static func isSameSite(_ one: String, _ other: String) -> Bool {
        one == other || !one.isEmpty && self.site(of: one) == self.site(of: other)
    }

    private static func site(of host: String) -> String {
        let labels = host.split(separator: ".")
        // Each IP address is its own site.
        guard labels.count > 2, labels.last?.contains(where: \.isNumber) != true else { return host }
        // Handles suffixes such as `co.uk` and `com.my` without the Public Suffix List. For a domain that this
        // heuristic treats as too long, the user is only asked once more.
        let isSecondLevel = labels[labels.count - 2].count <= 3 && (labels.last?.count ?? 0) == 2
        return labels.suffix(isSecondLevel ? 3 : 2).joined(separator: ".")
    }
}
