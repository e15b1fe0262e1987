import FoundationEssentials
import Synchronization
import TextCoding

/// A reference to a secret by its name, which models, transcripts and logs use instead of the value.
public struct SecretRef: Sendable, Hashable {
    /// The name of the secret.
    public var name: String
    /// The origins where the secret may be typed, such as `https://example.com`. An origin includes its port only if it
    /// is not the default port of the scheme.
    public var origins: [String]

    /// Creates a reference.
    /// - Parameters:
    ///   - name: The name of the secret.
    ///   - origins: The origins where the secret may be typed, such as `https://example.com`.
    public init(name: String, origins: [String]) {
        self.name = name
        self.origins = origins
    }
}

/// A store for values that the user provided for specific sites.
///
/// The values stay in this process. They are typed only into fields of their own origins, and are masked in everything
/// that is read from the browser.
public final class SecretStore: Sendable, CustomStringConvertible {
    private struct Entry {
        var ref: SecretRef
        var value: String
        /// The encodings in which a page may contain the value.
        var forms: [String]
        /// The letters and digits of the value, forward and reversed; empty if the value is so short that text may
        /// contain them by chance.
        var spellings: [[UInt32]]
    }

    private struct Maker {
        var ref: SecretRef
        var value: @Sendable () async throws -> String
    }

    private struct State {
        /// The secrets whose values are made when they are typed.
        var makers: [String: Maker] = [:]
        var entries: [String: Entry] = [:] {
            didSet {
                // Sort the longest first, because one secret may be part of another. Sort here rather than for each
                // text.
                let entries = self.entries.values
                self.forms = entries.flatMap { entry in entry.forms.map { ($0, entry.ref.name) } }
                    .sorted { $0.0.count > $1.0.count }
                self.spellings = entries.flatMap { entry in entry.spellings.map { ($0, entry.ref.name) } }
                    .sorted { $0.0.count > $1.0.count }
            }
        }
        var typed: [Entry] { self.entries.values.filter { !$0.ref.origins.isEmpty } }
        private(set) var forms: [(String, name: String)] = []
        private(set) var spellings: [([UInt32], name: String)] = []
    }

    private let state = Mutex(State())

    /// Creates an empty store.
    public init() {}

    /// Stores a value under a name, replacing an earlier value.
    /// - Parameters:
    ///   - value: The value of the secret.
    ///   - ref: The name of the secret and the origins where it may be typed.
    public func set(_ value: String, for ref: SecretRef) {
        self.state.withLock { $0.makers[ref.name] = nil }
        self.store(value, for: ref)
    }

    /// Adds a secret whose value is made each time that it is typed, such as a one-time code.
    ///
    /// The value is masked from then on.
    /// - Parameters:
    ///   - ref: The name of the secret and the origins where it may be typed.
    ///   - value: Makes the value. The text of its errors is shown to the model.
    public func set(for ref: SecretRef, value: @escaping @Sendable () async throws -> String) {
        self.state.withLock { $0.makers[ref.name] = Maker(ref: ref, value: value) }
    }

    /// Masks a value that is never typed, such as a cookie's.
    package func hide(_ value: String, as name: String) {
        self.store(value, for: SecretRef(name: name, origins: []), as: "\(name)\u{0}\(value)")
    }

    private func store(_ value: String, for ref: SecretRef, as key: String? = nil) {
        let entry = Entry(
            ref: ref, value: value, forms: Self.forms(of: value), spellings: Self.spellings(of: value))
        self.state.withLock { $0.entries[key ?? ref.name] = entry }
    }

    /// Removes a value.
    /// - Parameter name: The name of the secret.
    public func remove(_ name: String) {
        self.state.withLock { state in
            state.entries[name] = nil
            state.makers[name] = nil
        }
    }

    /// Returns the reference for a name, without the value.
    /// - Parameter name: The name of the secret.
    /// - Returns: The reference; `nil` if there is no such secret.
    public func ref(_ name: String) -> SecretRef? {
        self.state.withLock { $0.makers[name]?.ref ?? $0.entries[name]?.ref }
    }

    /// The names of the secrets that can be typed, sorted.
    public var names: [String] {
        self.state.withLock { state in
            let typed = state.entries.values.map(\.ref).filter { !$0.origins.isEmpty }.map(\.name)
            return Set(typed).union(state.makers.keys).sorted()
        }
    }

    /// The number of secrets, as text. It never includes names or values.
    public var description: String { "\(self.names.count) secrets" }

    /// The reference of a secret whose value is made when it is typed.
    func maker(of name: String) -> SecretRef? { self.state.withLock { $0.makers[name]?.ref } }

    /// - Throws: What the secret's maker throws.
    func value(of name: String) async throws -> (ref: SecretRef, value: String)? {
        guard let maker = self.state.withLock({ $0.makers[name] }) else {
            return self.state.withLock { $0.entries[name].map { ($0.ref, $0.value) } }
        }
        let value = try await maker.value()
        // Earlier values of the same secret stay masked.
        self.store(value, for: maker.ref, as: "\(name)\u{0}\(value)")
        return (maker.ref, value)
    }

    /// The values that are long enough to mask. Ordinary text may contain shorter ones by chance.
    var values: [String] {
        self.state.withLock { $0.entries.values.map(\.value).filter { $0.count >= Self.shortestMasked } }
    }

    private static let shortestMasked = 4
    private static let shortestSpelled = 8
    /// The minimum for numbers is higher, because pages count: `1 2 3 4 5 6 7 8 9`.
    private static let shortestNumber = 12

    private static func spellings(of value: String) -> [[UInt32]] {
        let letters = Spelling(value).letters
        let isNumber = letters.allSatisfy { (0x30...0x39).contains($0) }
        return letters.count < (isNumber ? self.shortestNumber : self.shortestSpelled)
            ? [] : [letters, letters.reversed()]
    }

    /// Whether a secret was given, rather than kept from before, and may be typed at an origin.
    package func isGiven(_ name: String, for origin: String) -> Bool {
        self.state.withLock { $0.makers[name] == nil && $0.entries[name]?.ref.origins.contains(origin) ?? false }
    }

    /// Whether a text is exactly a secret that may be typed at an origin.
    package func isHeld(exactly text: String, for origin: String) -> Bool {
        self.state.withLock { $0.typed.contains { $0.value == text && $0.ref.origins.contains(origin) } }
    }

    /// Whether a text has a secret that can be typed.
    package func isHeld(by text: String) -> Bool {
        let typed = self.state.withLock { $0.typed }
        guard !typed.isEmpty else { return false }
        let spellings = typed.flatMap { entry in entry.spellings.map { ($0, entry.ref.name) } }
        return typed.contains { $0.forms.contains { text.contains($0) } }
            || Self.mask(spellings, in: text, isEncoded: false) != text
            || text.contains("%") && Self.mask(spellings, in: text, isEncoded: true) != text
    }

    /// Replaces each secret in a text with its name.
    ///
    /// It also finds secrets that are written with other separators, digits or letter case, reversed, in Base64, or
    /// with percent-encoding.
    /// - Parameter text: The text to mask.
    /// - Returns: The text, with `<secret name>` in place of each value.
    public func mask(_ text: String) -> String {
        let (spellings, forms) = self.state.withLock { ($0.spellings, $0.forms) }
        // Every secret that has spellings also has forms.
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
            // Most texts contain no secret, so reuse the parsed text unless it has changed.
            spelling = ranges.isEmpty ? known : nil
        }
        return text
    }

    /// The encodings of a value: unchanged, with white space collapsed, escaped in quotes, in Base64, and
    /// percent-encoded as in URLs and forms.
    private static func forms(of value: String) -> [String] {
        guard value.count >= self.shortestMasked else { return [] }
        let squeezed = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let quoted = squeezed.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let marks: [StaticString] = ["-._~", "-._~!'()*", "-._*"]
        let encoded = marks.map { PercentCoding.encode(value, keeping: $0) }
        let base64 = Data(value.utf8).base64EncodedString()
        let unpadded = String(base64.prefix { $0 != "=" })
        let safe = value.utf8.base64URL
        let all =
            [value, squeezed, quoted, base64, unpadded, safe] + encoded + encoded.map { $0.replacing("%20", with: "+") }
        return Array(Set(all)).filter { $0.count >= self.shortestMasked }
    }
}
