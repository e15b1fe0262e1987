package import AgentEvents
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// DynamoDB in its own JSON, with what keeps a hand-written client safe.
package struct DynamoDB: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// How what fails is tried again.
    var retries: RetryPolicy { self.client.configuration.retries }

    /// Calls an operation, such as `PutItem`. One whose answer does not arrive whole is called again, as it may have
    /// been before its answer began: a write must bear that.
    /// - Throws: ``AWSError``; `conditionFailed` where a condition does not hold.
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
    /// An attribute of type S.
    package static func dynamoString(_ text: String) -> JSONValue { ["S": .string(text)] }
    /// An attribute of type N.
    package static func dynamoNumber(_ number: Int) -> JSONValue { ["N": .string(String(number))] }

    /// The text of an attribute of type S.
    package var dynamoString: String? { self["S"]?.string }
    /// The whole number of an attribute of type N.
    package var dynamoNumber: Int? { self["N"]?.string.flatMap { Int($0) } }
}

extension String {
    /// The text in parts of at most so many bytes of UTF-8, for items that are limited in size; cut between characters.
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
