import Configuration
import FoundationEssentials

/// An error for a setting with an invalid value.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the environment variable.
    public let variable: String
    public let value: String
    /// A description of the accepted values.
    public let accepted: String

    init(key: String, value: String, accepted: String, scope: String = "ai4ai.") {
        self.variable = (scope + key).uppercased().split(separator: ".").joined(separator: "_")
        self.value = value
        self.accepted = accepted
    }

    public var description: String {
        self.value.isEmpty
            ? "\(self.variable) is missing. Expected: \(self.accepted)."
            : "\(self.variable) is '\(self.value)'. Expected: \(self.accepted)."
    }
}

/// Reads and validates individual settings. Treats an empty value as absent, because shells make it hard to unset a
/// variable.
struct SettingsReader {
    let reader: ConfigReader
    /// The prefix of each key: empty, or ending with a dot.
    var scope = "ai4ai."

    private func key(_ key: String) -> ConfigKey { ConfigKey(self.scope + key) }

    private func error(_ key: String, _ value: String, accepted: String) -> SettingsError {
        SettingsError(key: key, value: value, accepted: accepted, scope: self.scope)
    }

    /// A text setting, trimmed of the white space that files and consoles may add.
    func text(_ key: String) -> String? {
        self.reader.string(forKey: self.key(key)).flatMap(Self.meant)
    }

    /// A text setting that is never logged or displayed.
    func confidential(_ key: String) -> String? {
        self.reader.string(forKey: self.key(key), isSecret: true).flatMap(Self.meant)
    }

    private static func meant(_ text: String) -> String? {
        let text = text.drop(while: \.isWhitespace)
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        return String(text[...last])
    }

    /// Rejects values that contain control characters, such as a key pasted with a line break, because they would break
    /// a header or a line of text. The error doesn't show the value, because it may be a secret.
    func checkControls(in keys: [String]) throws {
        for key in keys {
            guard let text = self.confidential(key),
                text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
            else { continue }
            throw self.error(key, "…", accepted: "a text of one line, without control characters")
        }
    }

    /// A secret, given as its value or as a reference to a secret store.
    func secret(_ key: String) throws -> Settings.Secret? {
        guard let text = self.confidential(key) else { return nil }
        guard text.hasPrefix("secretsmanager:") else { return .value(text) }
        let parts = text.dropFirst("secretsmanager:".count).split(
            separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.first, !id.isEmpty, parts.count == 1 || !parts[1].isEmpty else {
            throw self.error(key, text, accepted: "secretsmanager:ID or secretsmanager:ID#KEY")
        }
        return .secretsManager(id: String(id), key: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// A comma-separated list.
    func list(_ key: String) -> [String] {
        (self.text(key) ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }

    func choice<Choice: CaseIterable & RawRepresentable<String>>(_ key: String) throws -> Choice? {
        try self.choice(key, of: Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = self.text(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw self.error(key, text, accepted: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number greater than 0.
    func amount(_ key: String) throws -> Double? {
        guard let text = self.text(key) else { return nil }
        guard let value = Double(text), value > 0, value.isFinite else {
            throw self.error(key, text, accepted: "a number above 0, such as 0.5")
        }
        return value
    }

    func flag(_ key: String) throws -> Bool? {
        guard let text = self.text(key) else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default: throw self.error(key, text, accepted: "true or false")
        }
    }

    func choice(_ key: String, of choices: [String]) throws -> String? {
        guard let text = self.text(key) else { return nil }
        guard choices.contains(text.lowercased()) else {
            throw self.error(key, text, accepted: "one of \(choices.joined(separator: ", "))")
        }
        return text.lowercased()
    }

    func choices(_ key: String, of choices: [String]) throws -> [String] {
        let chosen = self.list(key).map { $0.lowercased() }
        for value in chosen where !choices.contains(value) {
            throw self.error(key, value, accepted: "some of \(choices.joined(separator: ", ")), separated by commas")
        }
        return chosen
    }

    func url(_ key: String) throws -> String? {
        guard let text = self.text(key) else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw self.error(key, text, accepted: "an address with http:// or https://")
        }
        return text
    }

    func domains(_ key: String) throws -> [String] {
        let domains = self.list(key)
        for domain in domains {
            // Browsers send international names in Punycode, so a name in another form would never match and deny
            // nothing.
            let isPlain = domain.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.*".contains($0)) }
            guard isPlain, domain.contains(where: { $0 != "." && $0 != "*" }) else {
                throw self.error(
                    key, domain,
                    accepted: "domains such as example.com, international ones in their xn-- form, separated by commas")
            }
        }
        return domains
    }

    /// Pairs in the form `name=value,name=value`, with special characters percent-encoded. Skips malformed pairs.
    func pairs(_ key: String) -> [(key: String, value: String)] {
        (self.confidential(key) ?? "").split(separator: ",").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(parts[0])
            guard parts.count == 2, !name.isEmpty else { return nil }
            // Decode the value as a URL query, which has the same encoding.
            let query = URLComponents(string: "?\(Self.trimmed(parts[1]).replacing("#", with: "%23"))")?.query
            return query.map { (name, $0) }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    func origins(_ key: String) throws -> [String] {
        let origins = self.list(key)
        for origin in origins {
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, ["http:", "https:"].contains(parts[0]), parts[1].isEmpty, !parts[2].isEmpty else {
                throw self.error(key, origin, accepted: "origins such as http://127.0.0.1:8090, separated by commas")
            }
        }
        return origins
    }
}
