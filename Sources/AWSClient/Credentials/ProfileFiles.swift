import FoundationEssentials

/// The shared files `~/.aws/config` and `~/.aws/credentials`, read each time they are needed.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct ProfileFiles: Sendable {
    private let configPath: String
    private let credentialsPath: String
    /// The name of the active profile.
    let profileName: String
    /// Whether `AWS_PROFILE` names the profile, which must then exist.
    let isExplicit: Bool

    init(_ environment: [String: String]) {
        let home = environment.setting("HOME") ?? "/"
        func expanded(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }
        self.configPath = expanded(environment.setting("AWS_CONFIG_FILE") ?? "~/.aws/config")
        self.credentialsPath = expanded(environment.setting("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials")
        self.profileName = environment.setting("AWS_PROFILE") ?? "default"
        self.isExplicit = environment.setting("AWS_PROFILE") != nil
    }

    /// Returns the settings of the active profile and of its `services` section, under `services.<id>.<setting>`. Skips
    /// the credentials file, which holds only credentials; those are read when a request needs them.
    func settings() -> [String: String] {
        let config = Self.sections(of: self.configPath)
        let profile = Self.profile(self.profileName, in: config) ?? [:]
        guard let name = profile["services"], let services = config["services \(name)"] else { return profile }
        return profile.merging(services.map { ("services.\($0.key)", $0.value) }) { own, _ in own }
    }

    /// Returns a profile's settings, or `nil` if neither file contains it. The credentials file takes precedence.
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
        // A missing file is the normal case, and an unreadable one counts as empty.
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [:] }
        return self.sections(in: String(decoding: data, as: UTF8.self))
    }

    static func sections(in text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var current: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first(where: { !$0.isWhitespace }), first != "#", first != ";" else { continue }
            // Indented lines are nested settings of the line above.
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

    /// A comment in a value starts only after white space.
    private static func value(_ text: Substring) -> String {
        var words: [Substring] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("#") || word.hasPrefix(";") { break }
            words.append(word)
        }
        return words.joined(separator: " ")
    }
}
