package import AgentEvents
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// A minimal DynamoDB client that uses the service's own JSON, verifies checksums, and retries truncated responses.
package struct DynamoDB: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// The policy for retries.
    var retries: RetryPolicy { self.client.configuration.retries }

    /// Calls an operation, such as `PutItem`, and retries it if the response is incomplete or corrupted. The service
    /// may have performed the operation before, so a write must be safe to repeat.
    /// - Throws: ``AWSError``; `conditionFailed` if a condition isn't met.
    @discardableResult
    package func call(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        var attempt = 1
        while true {
            do {
                return try await self.answer(operation, input)
            } catch let error as AWSError where error.code == .badAnswer && attempt < self.retries.maxAttempts {
                try await Task.sleep(for: self.retries.pause(after: attempt))
                attempt += 1
            }
        }
    }

    private func answer(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        let request = AWSRequest(target: "DynamoDB_20120810.\(operation)", of: .dynamoDB, version: "1.0", input)
        let response = try await self.client.execute(request)
        let bytes = try await response.bytes()
        if let sum = response.headers.first(name: "x-amz-crc32").flatMap(UInt32.init),
            sum != bytes.withUnsafeReadableBytes({ CRC32.checksum(of: $0) })
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
    /// Creates an attribute value of type S.
    package static func dynamoString(_ text: String) -> JSONValue { ["S": .string(text)] }
    /// Creates an attribute value of type N.
    package static func dynamoNumber(_ number: Int) -> JSONValue { ["N": .string(String(number))] }

    /// The text of an attribute value of type S.
    package var dynamoString: String? { self["S"]?.string }
    /// The integer of an attribute value of type N.
    package var dynamoNumber: Int? { self["N"]?.string.flatMap { Int($0) } }
}

extension String {
    /// Splits the text into parts of at most `most` UTF-8 bytes, for the item size limit; cuts only between characters.
    package func dynamoParts(of most: Int) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while rest.utf8.count > most {
            var end = rest.utf8.index(rest.startIndex, offsetBy: most)
            while end.samePosition(in: self.unicodeScalars) == nil { end = rest.utf8.index(before: end) }
            parts.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return parts + [String(rest)]
    }
}
