/// Where the values of a JSON text stand, so that what is wrong with one of them can be said with its line.
struct JSONPlaces {
    /// The lines of the values by their paths, such as `steps.2.at`, starting at 1.
    private(set) var lines: [String: Int] = [:]
    /// The first place where the text isn't JSON (RFC 8259).
    private(set) var problem: (line: Int, message: String)?
    /// The paths in the order of the text.
    private(set) var paths: [String] = []

    private static let mostLevels = 20
    private static let mostValues = 5000
    private static let longestKey = 200

    private struct Failure: Error { var message: String }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ text: String) {
        self.bytes = Array(text.utf8)
        do {
            try self.value("", level: 0)
            self.skip()
            if self.index < self.bytes.count { throw Failure(message: "something follows the end") }
        } catch {
            self.problem = (self.line, (error as? Failure)?.message ?? "it isn't JSON")
        }
    }

    /// The line of a value, or of the nearest one around it.
    func line(of path: [String]) -> Int {
        for count in (0...path.count).reversed() {
            if let line = self.lines[path.prefix(count).joined(separator: ".")] { return line }
        }
        return 1
    }

    // MARK: Scanning

    private var next: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    private mutating func skip() {
        while let byte = self.next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
            if byte == 0x0A { self.line += 1 }
            self.index += 1
        }
    }

    private mutating func take(_ character: Character) -> Bool {
        self.skip()
        guard self.next == character.asciiValue else { return false }
        self.index += 1
        return true
    }

    private mutating func value(_ path: String, level: Int) throws {
        guard level < Self.mostLevels else { throw Failure(message: "it is nested too deeply") }
        self.skip()
        guard self.lines.count < Self.mostValues else { throw Failure(message: "it has too many values") }
        self.lines[path] = self.line
        if !path.isEmpty { self.paths.append(path) }
        func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch self.next {
        case UInt8(ascii: "{"):
            self.index += 1
            if self.take("}") { return }
            repeat {
                self.skip()
                let key = try self.string()
                guard key.utf8.count <= Self.longestKey else { throw Failure(message: "a key is too long") }
                guard self.take(":") else { throw Failure(message: "a colon is missing after \"\(key)\"") }
                guard self.lines[inner(key)] == nil else { throw Failure(message: "\"\(key)\" is here twice") }
                try self.value(inner(key), level: level + 1)
            } while self.take(",")
            guard self.take("}") else { throw Failure(message: "a comma or } is missing") }
        case UInt8(ascii: "["):
            self.index += 1
            if self.take("]") { return }
            var position = 0
            repeat {
                try self.value(inner("\(position)"), level: level + 1)
                position += 1
            } while self.take(",")
            guard self.take("]") else { throw Failure(message: "a comma or ] is missing") }
        case UInt8(ascii: "\""): _ = try self.string()
        case nil: throw Failure(message: "it ends too early")
        default: try self.word()
        }
    }

    private mutating func string() throws -> String {
        guard self.next == UInt8(ascii: "\"") else { throw Failure(message: "a text in quotation marks is missing") }
        self.index += 1
        let start = self.index
        while let byte = self.next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Failure(message: "a text isn't closed on its line") }
            self.index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard self.next != nil else { throw Failure(message: "a text isn't closed") }
        self.index += 1
        return String(decoding: self.bytes[start..<self.index - 1], as: UTF8.self)
    }

    /// A number, `true`, `false`, or `null`. Whether it fits is found when it is read.
    private mutating func word() throws {
        let start = self.index
        while let byte = self.next, Self.isInWord(byte) { self.index += 1 }
        guard self.index > start else { throw Failure(message: "a value is missing") }
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber || "+-.".contains(character))
    }
}
