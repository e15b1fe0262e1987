/// The position of a document in its page: empty for the page itself, `f1` for a cross-origin frame in it, and `f1f2`
/// for a frame in that frame. Same-origin frames are part of the document around them.
struct FramePath: Hashable, Sendable {
    static let main = FramePath(keys: [])

    var keys: [String]

    var parent: FramePath { FramePath(keys: self.keys.dropLast()) }

    func appending(_ key: String) -> FramePath { FramePath(keys: self.keys + [key]) }

    /// This path and its parents, innermost first, without the page itself.
    var chain: [FramePath] { (0..<self.keys.count).map { FramePath(keys: self.keys.dropLast($0)) } }

    /// The timeout for calls in the document, which is short in a frame so that it cannot delay the page around it for
    /// long.
    var timeout: Duration? { self == .main ? nil : .seconds(5) }

    /// The prefix of the references in the document.
    var prefix: String { self.keys.joined() }
}

/// A reference from a snapshot, such as `e5` or `f1e5`, split into the document and the element.
struct ElementReference: Sendable {
    var path: FramePath
    var id: String

    init(path: FramePath, id: String) {
        self.path = path
        self.id = id
    }

    /// Parses a reference.
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
