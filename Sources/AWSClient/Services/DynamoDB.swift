package import AgentEvents
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// DynamoDB in its own JSON, with what keeps a hand-written client safe.
package struct DynamoDB: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Calls an operation, such as `PutItem`.
    /// - Throws: ``AWSError``; `conditionFailed` where a condition does not hold.
    @discardableResult
    package func call(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        let request = AWSRequest(target: "DynamoDB_20120810.\(operation)", of: .dynamoDB, version: "1.0", input)
        let response = try await self.client.execute(request)
        let bytes = try await response.bytes()
        if let sum = response.headers.first(name: "x-amz-crc32").flatMap(UInt32.init),
            sum != CRC32.checksum(of: bytes.readableBytesView)
        {
            throw response.bad("does not fit its checksum")
        }
        do {
            return try JSONValue(json: String(buffer: bytes))
        } catch {
            throw response.bad("is no JSON")
        }
    }
}

extension JSONValue {
    /// An attribute of type S.
    package static func dynamoString(_ text: String) -> JSONValue { ["S": .string(text)] }
    /// An attribute of type N.
    package static func dynamoNumber(_ number: Int) -> JSONValue { ["N": .string(String(number))] }

    /// The text of an attribute of type S.
    package var dynamoString: String? { self["S"]?.string }
    /// The whole number of an attribute of type N.
    package var dynamoNumber: Int? { self["N"]?.string.flatMap { Int($0) } }
}
