import AgentEvents
import FoundationEssentials

/// Parses JSON from untrusted sources and rejects what two parsers could read differently.
enum StrictJSON {
    enum ValidationError: Error {
        /// Not UTF-8, not JSON, not an object, or nested too deeply.
        case noObject
        case duplicateMember
    }

    /// The maximum nesting depth: far more than tokens and keys need, and far too little to overflow the stack.
    private static let depth = 16

    /// Returns the members of a JSON object.
    static func object(_ bytes: [UInt8]) throws(ValidationError) -> [String: JSONValue] {
        // The decoder takes zero bytes as a sign of UTF-16 and would parse a different text than the one checked here.
        guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil
        else { throw .noObject }
        try Self.checkNames(bytes)
        guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            throw .noObject
        }
        return members
    }

    /// Throws if an object contains a name twice. Leaves other syntax errors to the decoder.
    private static func checkNames(_ bytes: [UInt8]) throws(ValidationError) {
        /// The names found so far in each open object; `nil` for an array.
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

    /// Returns the range of the string that starts here, including its quotation marks.
    private static func text(in bytes: [UInt8], at start: Int) throws(ValidationError) -> Range<Int> {
        var end = start + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.count else { throw .noObject }
        return start..<end + 1
    }

    /// Returns the string with its escapes resolved if it's a member name, that is, if a colon follows.
    private static func name(in bytes: [UInt8], at text: Range<Int>) throws(ValidationError) -> String? {
        let next = bytes[text.upperBound...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard next == UInt8(ascii: ":") else { return nil }
        guard let name = try? JSONDecoder().decode(String.self, from: Data(bytes[text])) else { throw .noObject }
        return name
    }
}
