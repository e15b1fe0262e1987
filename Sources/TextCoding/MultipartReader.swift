/// Reads a `multipart/form-data` body (RFC 7578) while it arrives.
///
/// Pass the body in pieces of any size to ``read(_:)``. It holds back only what may be the beginning of a boundary.
package struct MultipartReader {
    package enum Event: Equatable {
        /// A part begins. It's a file if it has a file name.
        case part(name: String, fileName: String?)
        /// Bytes of the part that began last.
        case bytes([UInt8])
        /// The last part has ended.
        case end
    }

    /// A body that breaks the format.
    package struct Malformed: Error {}

    private enum State { case delimiter, headers, content, ended }

    private static let longestHeaders = 8192

    /// What separates the parts. The body is read as if it began with a line break, so that the first one has it too.
    private let delimiter: [UInt8]
    private var buffer = Array("\r\n".utf8)
    private var state = State.delimiter

    /// - Parameter contentType: The body's content type; `nil` is returned unless it's `multipart/form-data` with a
    ///   boundary.
    package init?(contentType: String) {
        let type = contentType.prefix { $0 != ";" }[...].trimming { $0 == " " }
        guard type.lowercased() == "multipart/form-data", let boundary = Self.parameter("boundary", in: contentType),
            (1...70).contains(boundary.utf8.count)
        else { return nil }
        self.delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// Whether the whole body was read.
    package var hasEnded: Bool { self.state == .ended }

    /// Reads the next piece of the body.
    /// - Throws: ``Malformed``.
    package mutating func read(_ bytes: some Sequence<UInt8>) throws -> [Event] {
        guard self.state != .ended else { return [] }
        self.buffer += bytes
        var events: [Event] = []
        while let event = try self.next() {
            if let event { events.append(event) }
        }
        return events
    }

    /// Takes the next step; `nil` if more bytes are needed for it, and an inner `nil` for a step without an event.
    private mutating func next() throws -> Event?? {
        switch self.state {
        case .delimiter:
            // What comes before the first delimiter means nothing.
            guard let start = self.position(of: self.delimiter) else { return try self.limited() }
            let rest = self.buffer[(start + self.delimiter.count)...]
            guard rest.count >= 2 else { return nil }
            if rest.starts(with: "--".utf8) {
                (self.state, self.buffer) = (.ended, [])
                return .end
            }
            guard let line = rest.firstIndex(of: 0x0A) else { return try self.limited() }
            self.buffer.removeSubrange(...line)
            self.state = .headers
            return .some(nil)
        case .headers:
            if self.buffer.starts(with: "\r\n".utf8) { throw Malformed() }
            guard let end = self.position(of: Array("\r\n\r\n".utf8)) else { return try self.limited() }
            let lines = String(decoding: self.buffer[..<end], as: UTF8.self).split(separator: "\r\n")
            self.buffer.removeSubrange(..<(end + 4))
            self.state = .content
            guard let disposition = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
                let name = Self.parameter("name", in: disposition)
            else { throw Malformed() }
            return .part(name: name, fileName: Self.parameter("filename", in: disposition))
        case .content:
            if let start = self.position(of: self.delimiter) {
                let after = self.buffer[(start + self.delimiter.count)...]
                // Only the two bytes behind tell a delimiter from content that begins like one.
                guard after.count >= 2 else { return self.emit(start) }
                let isDelimiter = [Array("--".utf8), Array("\r\n".utf8)].contains { after.starts(with: $0) }
                let isPadded = after.first == 0x20 || after.first == 0x09
                guard isDelimiter || isPadded else { return self.emit(start + self.delimiter.count) }
                self.state = .delimiter
                return self.emit(start) ?? .some(nil)
            }
            return self.emit(self.buffer.count - self.delimiter.count + 1)
        case .ended: return nil
        }
    }

    /// Passes on the beginning of the buffer; `nil` if there is none.
    private mutating func emit(_ count: Int) -> Event?? {
        guard count > 0 else { return nil }
        let bytes = Array(self.buffer[..<count])
        self.buffer.removeSubrange(..<count)
        return .bytes(bytes)
    }

    /// Waits for more, but not forever.
    private func limited() throws -> Event?? {
        guard self.buffer.count <= Self.longestHeaders else { throw Malformed() }
        return nil
    }

    private func position(of wanted: [UInt8]) -> Int? {
        self.buffer.withUnsafeBufferPointer { bytes in
            var from = 0
            while let start = bytes[from...].firstIndex(of: wanted[0]), start + wanted.count <= bytes.count {
                if bytes[start..<(start + wanted.count)].elementsEqual(wanted) { return start }
                from = start + 1
            }
            return nil
        }
    }

    /// Returns a parameter of a header field, such as the `name` in `form-data; name="a"`. Browsers escape quotation marks
    /// and line ends in names as `%22`, `%0D`, and `%0A` (the HTML Standard), others quotation marks with a backslash.
    private static func parameter(_ wanted: String, in field: some StringProtocol) -> String? {
        var rest = field.drop { $0 != ";" }[...]
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest[name.endIndex...]
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let next = rest.first, next != "\"" {
                    rest = rest.dropFirst()
                    let isEscape = next == "\\" && rest.first == "\""
                    value.append(isEscape ? "\"" : next)
                    if isEscape { rest = rest.dropFirst() }
                }
                // Without its end, the value isn't one.
                guard rest.first == "\"" else { return nil }
                rest = rest.dropFirst().drop { $0 != ";" }
            } else {
                let plain = rest.prefix { $0 != ";" && $0 != " " }
                value = String(plain)
                rest = rest[plain.endIndex...].drop { $0 != ";" }
            }
            if name.lowercased() == wanted { return self.unescaped(value) }
        }
        return nil
    }

    private static func unescaped(_ name: String) -> String {
        name.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
    }
}
