import AgentEvents
import Crypto
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import TestSupport
import Testing
import TextCoding

@testable import AWSClient

@Suite("AWS requests")
struct AWSClientTests {
    private static func client(_ address: String, region: String = "us-west-2") throws -> AWSClient {
        try AWSClient(
            environment: [
                "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": region,
                "AWS_ENDPOINT_URL": address,
            ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("a streamed body is sent completely, again for each attempt")
    func streamedBody() async throws {
        let text = String(repeating: "0123456789", count: 20_000)
        try await withPages(["/upload": .raw(status: 503, contentType: "text/plain", body: "busy")]) {
            server, address in
            var request = try AWSRequest("Upload", of: .agentCore, .POST, "/upload")
            request.maxAttempts = 2
            request.body = .stream(
                sha256: SHA256.hash(data: Array(text.utf8)).hexadecimal, length: Int64(text.utf8.count)
            ) {
                AsyncStream { parts in
                    for start in stride(from: 0, to: text.utf8.count, by: 7000) {
                        parts.yield(ByteBuffer(string: String(text.dropFirst(start).prefix(7000))))
                    }
                    parts.finish()
                }
            }
            let client = try Self.client(address)
            let error = await #expect(throws: AWSError.self) { try await client.execute(request) }
            #expect(error?.code == .serverFailure)
            #expect(error?.status == 503)
            #expect(server.submissions.map(\.body) == [text, text])
        }
    }

    @Test("a redirect isn't followed, because the signature is for another host")
    func redirects() async throws {
        try await withPages(["/a": .redirect("http://127.0.0.1:1/")]) { _, address in
            let client = try Self.client(address)
            let error = await #expect(throws: AWSError.self) {
                try await client.execute(try AWSRequest("X", of: .agentCore, .GET, "/a"))
            }
            #expect(error?.code == .refused)
        }
    }

    @Test(
        "a malformed response throws a badAnswer error",
        arguments: ["{", "<html>", "\"", "[1,2", "{\"a\":\u{0}}"])
    func badAnswers(body: String) async throws {
        try await withPages(["/a": .raw(status: 200, contentType: "application/json", body: body)]) { _, address in
            let client = try Self.client(address)
            let error = await #expect(throws: AWSError.self) {
                try await client.json(try AWSRequest("X", of: .agentCore, .GET, "/a"))
            }
            #expect(error?.code == .badAnswer)
        }
    }

    @Test("a response body larger than the limit isn't read")
    func limits() async throws {
        let large = String(repeating: "x", count: 100_000)
        try await withPages(["/a": .raw(status: 200, contentType: "text/plain", body: large)]) { _, address in
            let response = try await Self.client(address).execute(try AWSRequest("X", of: .agentCore, .GET, "/a"))
            let error = await #expect(throws: AWSError.self) { try await response.bytes(upTo: 1000) }
            #expect(error?.code == .badAnswer)
        }
    }

    @Test("a canceled request ends immediately")
    func cancellation() async throws {
        let client = try Self.client("http://127.0.0.1:1")
        let task = Task { try await client.execute(try AWSRequest("X", of: .agentCore, .GET, "/a")) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test("without a region, nothing is sent")
    func noRegion() async throws {
        let client = AWSClient(
            configuration: AWSConfiguration(region: nil),
            credentials: StaticCredentials(.init(accessKeyID: "a", secretAccessKey: "s")),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let error = await #expect(throws: AWSError.self) {
            try await client.execute(try AWSRequest("X", of: .agentCore, .GET, "/a"))
        }
        #expect(error?.remedy?.contains("AWS_REGION") == true)
    }
}
