/// A region's name, checked before it becomes a part of a host's name.
package struct Region: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    /// - Throws: ``AWSError`` with code `invalidInput` for anything but the form `ap-southeast-2`.
    package init(_ name: String) throws {
        let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        func isWord(_ part: Substring.UTF8View) -> Bool {
            !part.isEmpty && part.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        }
        func isNumber(_ part: Substring.UTF8View) -> Bool {
            !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard name.utf8.count <= 32, parts.count >= 3, parts[0].count == 2, let number = parts.last,
            parts.dropLast().allSatisfy(isWord), isNumber(number)
        else {
            throw AWSError(
                .invalidInput, "'\(name.printable)' is no AWS region.",
                remedy: "Set AWS_REGION to a name such as ap-southeast-2.")
        }
        self.name = name
    }

    package var description: String { self.name }

    /// As of November 2026.
    private static let withoutAgentCoreMemory: Set = ["ap-southeast-5"]

    /// Whether AgentCore has its memory here; it has not everywhere where it runs.
    package var hasAgentCoreMemory: Bool { !Self.withoutAgentCoreMemory.contains(self.name) }

    /// The domain that the region's hosts are in.
    var dnsSuffix: String { self.name.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
}

extension String {
    /// The text, shortened and without control characters, to be quoted in a message.
    package var printable: String {
        String(self.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }
}
