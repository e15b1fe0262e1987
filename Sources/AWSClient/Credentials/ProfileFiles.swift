import FoundationEssentials

/// The shared files `~/.aws/config` and `~/.aws/credentials`, read when they are asked for.
///
/// Source: AWS SDKs and Tools reference, "Shared config and credentials files".
struct ProfileFiles: Sendable {
    private let configPath: String
    private let credentialsPath: String
    /// The profile that is in use.
    let profileName: String
    /// Whether the profile was asked for by name; then it must exist.
    let isExplicit: Bool

    init(_ environment: [String: String]) {
        let home = environment.setting("HOME") ?? "/"
        func expanded(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }
        self.configPath = expanded(environment.setting("AWS_CONFIG_FILE") ?? "~/.aws/config")
        self.credentialsPath = expanded(environment.setting("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials")
        self.profileName = environment.setting("AWS_PROFILE") ?? "default"
        self.isExplicit = environment.setting("AWS_PROFILE") != nil
    }

    /// The settings of the profile in use, and of the section of services that it names, under `services.<id>.<setting>`.
    /// The credentials file is left alone: it only holds credentials, which are read when a request needs them.
    func settings() -> [String: String] {
        let config = Self.sections(of: self.configPath)
        let profile = Self.profile(self.profileName, in: config) ?? [:]
        guard let name = profile["services"], let services = config["services \(name)"] else { return profile }
        return profile.merging(services.map { ("services.\($0.key)", $0.value) }) { own, _ in own }
    }

    /// A profile's settings; what stands in the credentials file wins. `nil` where neither file has it.
    func profile(_ name: String) -> [String: String]? {
        let own = Self.profile(name, in: Self.sections(of: self.configPath))
        let shared = Self.sections(of: self.credentialsPath)[name]
        guard own != nil || shared != nil else { return nil }
        return (own ?? [:]).merging(shared ?? [:]) { $1 }
    }

    private static func profile(_ name: String, in config: [String: [String: String]]) -> [String: String]? {
        config["profile \(name)"] ?? (name == "default" ? config["default"] : nil)
    }

    private static func sections(of path: String) -> [String: [String: String]] {
        // Absent files are the usual case, and an unreadable one holds nothing for us.
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [:] }
        return self.sections(in: String(decoding: data, as: UTF8.self))
    }

    static func sections(in text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var current: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first(where: { !$0.isWhitespace }), first != "#", first != ";" else { continue }
            // Indented lines belong to the setting above.
            if line.first?.isWhitespace ?? false {
                guard let current, let parent, let equals = line.firstIndex(of: "=") else { continue }
                let key = line[..<equals].filter { !$0.isWhitespace }.lowercased()
                sections[current]?["\(parent).\(key)"] = Self.value(line[line.index(after: equals)...])
            } else if first == "[" {
                parent = nil
                let name = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace)
                current = name.joined(separator: " ")
                if let current, sections[current] == nil { sections[current] = [:] }
            } else if let current, let equals = line.firstIndex(of: "=") {
                let key = line[..<equals].filter { !$0.isWhitespace }.lowercased()
                sections[current]?[key] = Self.value(line[line.index(after: equals)...])
                parent = key
            }
        }
        return sections
    }

    /// A value ends where a comment begins, which white space must precede.
    private static func value(_ text: Substring) -> String {
        var words: [Substring] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("#") || word.hasPrefix(";") { break }
            words.append(word)
        }
        return words.joined(separator: " ")
    }
}
