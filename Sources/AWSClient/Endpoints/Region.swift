/// An AWS region, validated before its name becomes part of a host name.
package struct Region: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    /// Validates a region's name.
    /// - Throws: ``AWSError`` with code `invalidInput` if the name doesn't have the form `ap-southeast-2`.
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

    /// Whether AgentCore Memory is available in the region. Not every AgentCore region has it.
    package var hasAgentCoreMemory: Bool { !Self.withoutAgentCoreMemory.contains(self.name) }

    /// The domain of the region's endpoints.
    var dnsSuffix: String { self.name.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
}

extension String {
    /// The text for a quotation in a message: at most 200 characters, with control characters replaced.
    package var printable: String {
        String(self.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }
}
