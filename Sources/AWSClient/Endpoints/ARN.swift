import TextCoding

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
package struct ARN: Sendable, Hashable, CustomStringConvertible {
    package let service: String
    package let region: Region
    package let account: String
    /// The part after the account, such as `runtime/coordinator-AbC123`.
    package let resource: String
    package let description: String

    /// Parses and validates an ARN.
    /// - Parameter service: The service that the ARN must belong to.
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(_ text: String, service: String) throws {
        func refuse(_ why: String) -> AWSError {
            AWSError(
                .invalidInput, "'\(text.printable)' is no ARN of \(service): \(why).",
                remedy: "Expected is arn:aws:\(service):REGION:ACCOUNT:RESOURCE.")
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= 2048, parts.count == 6, parts[0] == "arn" else { throw refuse("it has another form") }
        guard ["aws", "aws-cn", "aws-us-gov"].contains(parts[1]) else { throw refuse("its partition is unknown") }
        guard parts[2] == service else { throw refuse("it is of '\(parts[2].printable)'") }
        self.region = try Region(parts[3])
        // ARNs of AWS's own models have no account.
        guard [0, 12].contains(parts[4].utf8.count), parts[4].utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw refuse("its account is not twelve digits")
        }
        guard !parts[5].isEmpty, parts[5].utf8.allSatisfy(Self.isResourceByte) else {
            throw refuse("its resource has characters that do not belong there")
        }
        self.service = parts[2]
        self.account = parts[4]
        self.resource = parts[5]
        self.description = text
    }

    private static func isResourceByte(_ byte: UInt8) -> Bool { byte.isASCIIAlphanumeric || byte.isOne(of: "-._/:+=@") }
}
