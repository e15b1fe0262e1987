/// Where a document stands in its page: empty for the page itself, `f1` for a frame of another origin in it, `f1f2` for
/// a frame in that frame. Frames of the same origin belong to the document around them.
struct FramePath: Hashable, Sendable {
    static let main = FramePath(keys: [])

    var keys: [String]

    var parent: FramePath { FramePath(keys: self.keys.dropLast()) }

    func appending(_ key: String) -> FramePath { FramePath(keys: self.keys + [key]) }

    /// This path and those above it, innermost first, without the page itself.
    var chain: [FramePath] { (0..<self.keys.count).map { FramePath(keys: self.keys.dropLast($0)) } }

    /// How long its document may take to answer: a frame must not hold up the page around it for long.
    var patience: Duration? { self == .main ? nil : .seconds(5) }

    /// What stands before the references of its document.
    var prefix: String { self.keys.joined() }
}

/// A reference of a snapshot, such as `e5` or `f1e5`: which document, and what in it.
struct ElementReference: Sendable {
    var path: FramePath
    var id: String

    /// - Throws: ``BrowserError`` with code `invalidValue`.
    init(_ text: String) throws {
        var keys: [String] = []
        var rest = text.drop { $0 == "[" || $0 == "*" }.prefix { $0 != "]" }
        while rest.first == "f" {
            let digits = rest.dropFirst().prefix(while: \.isWholeNumber)
            guard !digits.isEmpty else { throw Self.unknown(text) }
            keys.append("f\(digits)")
            rest = rest.dropFirst(digits.count + 1)
        }
        guard rest.first == "e", rest.count > 1, rest.dropFirst().allSatisfy(\.isWholeNumber) else {
            throw Self.unknown(text)
        }
        self.path = FramePath(keys: keys)
        self.id = String(rest)
    }

    private static func unknown(_ text: String) -> BrowserError {
        BrowserError(
            .invalidValue, "'\(text.prefix(60))' is no reference; take one such as e5 from the newest snapshot.")
    }
}
