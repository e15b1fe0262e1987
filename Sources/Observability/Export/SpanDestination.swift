package import AWSClient
import AgentEvents
import AsyncHTTPClient
import HTTPTransport
import NIOCore
import NIOHTTP1

/// Exports spans with OTLP over HTTP.
///
/// Source: OpenTelemetry Protocol specification 1.x, "OTLP/HTTP"; AWS X-Ray developer guide, "OTLP endpoint".
package struct SpanDestination: Sendable, Redacted {
    private enum Target: Sendable {
        case cloudWatch(AWSClient)
        case collector(url: String)
    }

    private let target: Target
    private let headers: [String: String]
    private let timeout: Duration

    /// The CloudWatch endpoint, with signed requests.
    package static func cloudWatch(
        _ client: AWSClient, headers: [String: String] = [:], timeout: Duration = .seconds(5)
    ) -> SpanDestination {
        SpanDestination(target: .cloudWatch(client), headers: headers, timeout: timeout)
    }

    /// A collector, at its complete traces URL.
    /// - Parameter headers: Additional headers, which may contain the collector's API key.
    package static func collector(
        _ url: String, headers: [String: String] = [:], timeout: Duration = .seconds(5)
    ) -> SpanDestination {
        SpanDestination(target: .collector(url: url), headers: headers, timeout: timeout)
    }

    /// Sends a request: once to a collector, with the AWS client's retries to CloudWatch.
    func send(_ body: [UInt8]) async throws(SpanExportFailure) {
        switch self.target {
        case .cloudWatch(let client): try await self.send(body, client)
        case .collector(let url): try await self.send(body, url)
        }
    }

    private static let contentType = "application/x-protobuf"

    private func send(_ body: [UInt8], _ client: AWSClient) async throws(SpanExportFailure) {
        do {
            var request = try AWSRequest("PutSpans", of: .xray, .POST, "/v1/traces")
            try request.addHeader("Content-Type", Self.contentType)
            for (name, value) in self.headers { try request.addHeader(name, value) }
            request.body = .bytes(ByteBuffer(bytes: body))
            request.timeout = self.timeout
            try Self.check(await client.execute(request).bytes(upTo: Self.largestAnswer))
        } catch let failure as SpanExportFailure {
            throw failure
        } catch {
            throw SpanExportFailure(words: "\(error)", isTransient: (error as? AWSError)?.isTransient ?? true)
        }
    }

    private func send(_ body: [UInt8], _ url: String) async throws(SpanExportFailure) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = HTTPHeaders(self.headers.map { ($0.key, $0.value) })
        request.headers.replaceOrAdd(name: "Content-Type", value: Self.contentType)
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await OutboundHTTP.client.execute(
                request, deadline: .now() + .milliseconds(Int64(self.timeout / .milliseconds(1))))
            let status = response.status.code
            guard (200..<300).contains(status) else {
                throw SpanExportFailure(
                    words: "The collector answered \(status).", isTransient: [429, 502, 503, 504].contains(status))
            }
            try Self.check(await response.body.collect(upTo: Self.largestAnswer))
        } catch let failure as SpanExportFailure {
            throw failure
        } catch {
            throw SpanExportFailure(words: OutboundHTTP.words(error), isTransient: true)
        }
    }

    private static let largestAnswer = 64 << 10

    /// Checks a successful response, which may still report rejected spans in its first field.
    private static func check(_ answer: ByteBuffer) throws(SpanExportFailure) {
        let bytes = answer.readableBytesView
        if bytes.first == 0x0A, bytes.count > 2 {
            throw SpanExportFailure(words: "The collector has not taken all spans.", isTransient: false)
        }
    }
}

/// An error from exporting spans.
struct SpanExportFailure: Error {
    let words: String
    /// Whether the same spans may be accepted later.
    let isTransient: Bool
}
