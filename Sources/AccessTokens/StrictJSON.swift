import AgentEvents
import FoundationEssentials

/// Reads JSON that somebody unknown may have written, and that everybody has to read alike.
enum StrictJSON {
    enum ValidationError: Error {
        /// No UTF-8, no JSON, no object, or nested too deeply.
        case noObject
        case duplicateMember
    }

    /// Far more than tokens and keys need, and far less than what overflows a stack.
    private static let depth = 16

    /// The members of an object.
    static func object(_ bytes: [UInt8]) throws(ValidationError) -> [String: JSONValue] {
        // The decoder takes zeros for a sign of UTF-16, and would read another text than the one checked here.
        guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil
        else { throw .noObject }
        try Self.checkNames(bytes)
        guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            throw .noObject
        }
        return members
    }

    /// Looks for names that an object has twice. What is no JSON is left for the decoder to find.
    private static func checkNames(_ bytes: [UInt8]) throws(ValidationError) {
        /// The names so far in each object that is open; nothing for an array.
        var open: [Set<String>?] = []
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"): open.append([])
            case UInt8(ascii: "["): open.append(nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: "\""):
                let text = try Self.text(in: bytes, at: position)
                position = text.upperBound - 1
                guard let name = try Self.name(in: bytes, at: text) else { break }
                if let last = open.indices.last, open[last]?.insert(name).inserted == false { throw .duplicateMember }
            default: break
            }
            guard open.count <= Self.depth else { throw .noObject }
            position += 1
        }
    }

    /// Where the text is that begins here, with its quotation marks.
    private static func text(in bytes: [UInt8], at start: Int) throws(ValidationError) -> Range<Int> {
        var end = start + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.count else { throw .noObject }
        return start..<end + 1
    }

    /// The name that a text is when a colon follows, with its escapes resolved.
    private static func name(in bytes: [UInt8], at text: Range<Int>) throws(ValidationError) -> String? {
        let next = bytes[text.upperBound...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard next == UInt8(ascii: ":") else { return nil }
        guard let name = try? JSONDecoder().decode(String.self, from: Data(bytes[text])) else { throw .noObject }
        return name
    }
}
