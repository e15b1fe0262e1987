import AgentEvents
import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import ServerSentEvents

/// Sends one request to a runtime and shows its steps as they happen.
struct Invoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running runtime, and follow its steps.",
        discussion: "The answer goes to standard output, the steps to standard error.")

    @Argument(help: "What shall be done, in plain language.") var prompt: String
    @Option(help: "The runtime's address.") var url = "http://127.0.0.1:8080"
    @Option(help: "The session to continue.") var session: String?

    func run() async throws {
        struct Payload: Encodable {
            var prompt: String
            var session_id: String?
        }
        var request = HTTPClientRequest(url: "\(self.url)/invocations")
        request.method = .POST
        request.headers.add(name: "accept", value: "text/event-stream")
        request.headers.add(name: "content-type", value: "application/json")
        let payload = try JSONEncoder().encode(Payload(prompt: self.prompt, session_id: self.session))
        request.body = .bytes(ByteBuffer(bytes: payload))

        // A runtime that is not there is reported at once instead of being tried until the timeout.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await self.follow(request, client)
            try await client.shutdown()
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func follow(_ request: HTTPClientRequest, _ client: HTTPClient) async throws {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .hours(1))
        } catch {
            throw Failure("\(self.url) cannot be reached: \(error). Is the runtime running? Start it with: ai4ai up")
        }
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: 64 * 1024)
            throw Failure("\(self.url) answered \(response.status.code): \(String(buffer: body))")
        }
        var parser = ServerSentEventParser()
        var progress = Progress()
        for try await part in response.body {
            for event in try parser.feed(part.readableBytesView) {
                progress.show(try JSONDecoder().decode(AgentEvent.self, from: Data(event.data.utf8)))
            }
        }
        try progress.finish()
    }
}

/// A failure told to the person on standard error, with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
