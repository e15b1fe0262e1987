package import AgentEvents
package import AsyncHTTPClient
import FoundationEssentials
package import NIOCore
package import NIOHTTP1

/// A service's answer to a request that succeeded; its body is read as it comes.
package struct AWSResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: HTTPClientResponse.Body
    /// The request in words, for messages.
    let subject: String

    package var requestID: String? {
        self.headers.first(name: "x-amzn-requestid") ?? self.headers.first(name: "x-amz-request-id")
    }

    /// The whole body.
    /// - Throws: ``AWSError`` with code `badAnswer` for one that breaks off or is larger than the limit.
    package func bytes(upTo limit: Int = 32 << 20) async throws -> ByteBuffer {
        do {
            return try await self.body.collect(upTo: limit)
        } catch let error where !(error is CancellationError) {
            throw self.bad("cannot be read whole: \(error)")
        }
    }

    /// The body as JSON; an empty one is an empty object.
    /// - Throws: ``AWSError`` with code `badAnswer`.
    package func json(upTo limit: Int = 32 << 20) async throws -> JSONValue {
        let text = String(buffer: try await self.bytes(upTo: limit))
        if text.isEmpty { return [:] }
        do {
            return try JSONValue(json: text)
        } catch {
            throw self.bad("is no JSON")
        }
    }

    package func bad(_ why: String) -> AWSError {
        var error = AWSError(.badAnswer, "\(self.subject): the answer \(why).")
        error.requestID = self.requestID
        return error
    }
}
