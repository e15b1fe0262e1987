/// Goes through the elements and texts of an XML document as office programs write them, up to its end, or to a declaration of
/// types. So there are no entities but the five that XML itself has.
struct XMLScanner: Sequence, IteratorProtocol {
    enum Token {
        /// The name is without its prefix.
        case start(name: String, attributes: [String: String])
        case end(name: String)
        case text(String)
    }

    private let bytes: [UInt8]
    private var place = 0
    /// The end of an element that is empty.
    private var pending: String?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Token? {
        if let name = self.pending {
            self.pending = nil
            return .end(name: name)
        }
        while self.place < self.bytes.count {
            guard self.bytes[self.place] == UInt8(ascii: "<") else {
                let end = self.bytes[self.place...].firstIndex(of: UInt8(ascii: "<")) ?? self.bytes.count
                defer { self.place = end }
                return .text(Self.plain(self.bytes[self.place..<end]))
            }
            if self.skip("<!--", to: "-->") || self.skip("<?", to: "?>") { continue }
            if self.bytes[self.place...].starts(with: "<![CDATA[".utf8) {
                let start = self.place + 9
                _ = self.skip("<![CDATA[", to: "]]>")
                return .text(String(decoding: self.bytes[start..<Swift.max(self.place - 3, start)], as: UTF8.self))
            }
            // A declaration of types, or the end in the middle of a tag.
            guard !self.bytes[self.place...].starts(with: "<!".utf8), let end = self.endOfTag() else { return nil }
            let tag = self.bytes[(self.place + 1)..<end]
            self.place = end + 1
            if tag.first == UInt8(ascii: "/") { return .end(name: Self.local(tag.dropFirst())) }
            let isEmpty = tag.last == UInt8(ascii: "/")
            let inner = isEmpty ? tag.dropLast() : tag
            let name = inner.prefix { !Self.isSpace($0) }
            let local = Self.local(name)
            if isEmpty { self.pending = local }
            return .start(name: local, attributes: Self.attributes(inner.dropFirst(name.count)))
        }
        return nil
    }

    private mutating func skip(_ start: String, to end: String) -> Bool {
        guard self.bytes[self.place...].starts(with: start.utf8) else { return false }
        self.place = self.bytes[self.place...].firstRange(of: end.utf8)?.upperBound ?? self.bytes.count
        return true
    }

    /// A `>` in quotes ends no tag.
    private func endOfTag() -> Int? {
        var quote: UInt8?
        return self.bytes[self.place...].firstIndex { byte in
            if let open = quote {
                if byte == open { quote = nil }
                return false
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
            return byte == UInt8(ascii: ">")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private static func local(_ name: ArraySlice<UInt8>) -> String {
        let plain = name.prefix { !self.isSpace($0) }
        return String(decoding: plain.split(separator: UInt8(ascii: ":")).last ?? [], as: UTF8.self)
    }

    private static func attributes(_ text: ArraySlice<UInt8>) -> [String: String] {
        var attributes: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
            let name = self.local(rest[..<equals].drop(while: self.isSpace))
            let value = rest[(equals + 1)...].drop(while: self.isSpace)
            guard let quote = value.first, let end = value.dropFirst().firstIndex(of: quote) else { break }
            attributes[name] = self.plain(value[..<end].dropFirst())
            rest = rest[(end + 1)...]
        }
        return attributes
    }

    private static let entities = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]

    private static func plain(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("&") else { return text }
        var plain = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            plain += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { return plain + rest[start...] }
            let name = rest[rest.index(after: start)..<end]
            let code =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            plain += self.entities[String(name)] ?? code.flatMap { Unicode.Scalar($0) }.map { String($0) } ?? ""
            rest = rest[rest.index(after: end)...]
        }
        return plain + rest
    }
}
