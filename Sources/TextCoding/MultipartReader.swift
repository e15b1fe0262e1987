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
        let parts = contentType.split(separator: ";").map { $0.trimming { $0 == " " } }
        guard parts.first?.lowercased() == "multipart/form-data",
            let boundary = parts.dropFirst().lazy.compactMap({ Self.parameter("boundary", in: $0) }).first,
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
                let bytes = Array(self.buffer[..<start])
                self.buffer.removeSubrange(..<start)
                self.state = .delimiter
                return bytes.isEmpty ? .some(nil) : .bytes(bytes)
            }
            let safe = self.buffer.count - self.delimiter.count + 1
            guard safe > 0 else { return nil }
            let bytes = Array(self.buffer[..<safe])
            self.buffer.removeSubrange(..<safe)
            return .bytes(bytes)
        case .ended: return nil
        }
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

    /// Returns a parameter of a header field. Browsers escape quotation marks and line ends in names as `%22`, `%0D`, and
    /// `%0A` (the HTML Standard), others with a backslash.
    private static func parameter(_ name: String, in field: some StringProtocol) -> String? {
        // In front of the name is the field's beginning or a separator, so that `name` isn't found in `filename`.
        let text = String(field)
        var rest = text[...]
        while let found = rest.firstRange(of: "\(name)=") {
            let before = text[..<found.lowerBound].last
            rest = rest[found.upperBound...]
            guard before.map({ $0 == ";" || $0 == " " }) ?? true else { continue }
            guard rest.first == "\"" else { return String(rest.prefix { $0 != ";" && $0 != " " }) }
            var value = ""
            var isEscaped = false
            for character in rest.dropFirst() {
                if character == "\"", !isEscaped { return Self.unescaped(value) }
                isEscaped = character == "\\" && !isEscaped
                if !isEscaped { value.append(character) }
            }
            return nil
        }
        return nil
    }

    private static func unescaped(_ name: String) -> String {
        name.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
    }
}
