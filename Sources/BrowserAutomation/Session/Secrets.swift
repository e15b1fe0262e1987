import FoundationEssentials
import Synchronization

/// A secret by its name: what a model, a transcript or a log may hold in its place.
public struct SecretRef: Sendable, Hashable {
    public var name: String
    /// Where it may be typed: origins such as `https://example.com`, with a port that is not the scheme's own.
    public var origins: [String]

    public init(name: String, origins: [String]) {
        self.name = name
        self.origins = origins
    }
}

/// Values that a person gave for certain sites only. They stay in this process, are put into fields of their own
/// origins, and are masked in everything that is read from the browser.
public final class SecretStore: Sendable, CustomStringConvertible {
    private struct Entry {
        var ref: SecretRef
        var value: String
        /// The forms in which a page may show it.
        var forms: [String]
        /// Its letters forwards and backwards, where it has so many that no text has them by chance.
        var spellings: [[UInt32]]
    }

    private struct State {
        var entries: [String: Entry] = [:] {
            didSet {
                // Longest first: one secret may be a part of another. Sorted here, and not for each text that is masked.
                let entries = self.entries.values
                self.forms = entries.flatMap { entry in entry.forms.map { ($0, entry.ref.name) } }
                    .sorted { $0.0.count > $1.0.count }
                self.spellings = entries.flatMap { entry in entry.spellings.map { ($0, entry.ref.name) } }
                    .sorted { $0.0.count > $1.0.count }
            }
        }
        private(set) var forms: [(String, name: String)] = []
        private(set) var spellings: [([UInt32], name: String)] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Keeps a value under a name, in place of an earlier one.
    public func set(_ value: String, for ref: SecretRef) {
        let entry = Entry(
            ref: ref, value: value, forms: Self.forms(of: value), spellings: Self.spellings(of: value))
        self.state.withLock { $0.entries[ref.name] = entry }
    }

    /// Forgets a value.
    public func remove(_ name: String) { self.state.withLock { $0.entries[name] = nil } }

    /// What a name stands for, without its value.
    public func ref(_ name: String) -> SecretRef? { self.state.withLock { $0.entries[name]?.ref } }

    /// The names, sorted.
    public var names: [String] { self.state.withLock { $0.entries.keys.sorted() } }

    public var description: String { "\(self.names.count) secrets" }

    func value(of name: String) -> (ref: SecretRef, value: String)? {
        self.state.withLock { $0.entries[name].map { ($0.ref, $0.value) } }
    }

    /// The values that are worth looking for: shorter ones are in any text by chance.
    var values: [String] {
        self.state.withLock { $0.entries.values.map(\.value).filter { $0.count >= Self.shortestMasked } }
    }

    private static let shortestMasked = 4
    private static let shortestSpelled = 8
    /// Pages count: `1 2 3 4 5 6 7 8 9`.
    private static let shortestNumber = 12

    private static func spellings(of value: String) -> [[UInt32]] {
        let letters = Spelling(value).letters
        let isNumber = letters.allSatisfy { (0x30...0x39).contains($0) }
        return letters.count < (isNumber ? self.shortestNumber : self.shortestSpelled)
            ? [] : [letters, letters.reversed()]
    }

    /// A text with each secret in it replaced by its name, also where it is written in another way: with other separators,
    /// digits or cases, backwards, in Base64, or as addresses encode it.
    public func mask(_ text: String) -> String {
        let (spellings, forms) = self.state.withLock { ($0.spellings, $0.forms) }
        // Whatever has spellings has forms.
        guard !forms.isEmpty else { return text }
        var masked = Self.mask(spellings, in: text, isEncoded: false)
        if masked.contains("%") { masked = Self.mask(spellings, in: masked, isEncoded: true) }
        return forms.reduce(masked) { text, secret in
            text.contains(secret.0) ? text.replacing(secret.0, with: "<secret \(secret.name)>") : text
        }
    }

    private static func mask(_ spellings: [([UInt32], name: String)], in text: String, isEncoded: Bool) -> String {
        var text = text
        var spelling: Spelling?
        for (letters, name) in spellings {
            let known = spelling ?? Spelling(text, isEncoded: isEncoded)
            let ranges = known.ranges(of: letters)
            for range in ranges.reversed() { text.replaceSubrange(range, with: "<secret \(name)>") }
            // Most texts hold none, and are read once.
            spelling = ranges.isEmpty ? known : nil
        }
        return text
    }

    /// As it stands, with its white space squeezed, within quotes, and as addresses and forms encode it.
    private static func forms(of value: String) -> [String] {
        guard value.count >= self.shortestMasked else { return [] }
        let squeezed = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let quoted = squeezed.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let encoded = ["-._~", "-._~!'()*", "-._*"].map { self.encode(value, keeping: $0) }
        let base64 = Data(value.utf8).base64EncodedString()
        let unpadded = String(base64.prefix { $0 != "=" })
        let safe = unpadded.replacing("+", with: "-").replacing("/", with: "_")
        let all =
            [value, squeezed, quoted, base64, unpadded, safe] + encoded + encoded.map { $0.replacing("%20", with: "+") }
        return Array(Set(all)).filter { $0.count >= self.shortestMasked }
    }

    private static func encode(_ value: String, keeping marks: String) -> String {
        let kept = Set((marks + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").utf8)
        return value.utf8.map { byte in
            if kept.contains(byte) { return String(UnicodeScalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
