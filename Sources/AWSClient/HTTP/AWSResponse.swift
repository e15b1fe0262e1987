package import AgentEvents
package import AsyncHTTPClient
import FoundationEssentials
package import NIOCore
package import NIOHTTP1

/// A successful response, whose body is read as it arrives.
package struct AWSResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: HTTPClientResponse.Body
    /// The service and operation of the request, for messages.
    let subject: String

    package var requestID: String? {
        self.headers.first(name: "x-amzn-requestid") ?? self.headers.first(name: "x-amz-request-id")
    }

    /// Reads the whole body.
    /// - Throws: ``AWSError`` with code `badAnswer` if the body is incomplete or larger than the limit.
    package func bytes(upTo limit: Int = 32 << 20) async throws -> ByteBuffer {
        do {
            return try await self.body.collect(upTo: limit)
        } catch let error where !(error is CancellationError) {
            throw self.bad("cannot be read whole: \(error)")
        }
    }

    /// Reads the body as JSON; an empty body counts as an empty object.
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
