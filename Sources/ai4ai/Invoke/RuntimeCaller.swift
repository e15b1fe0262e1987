import AWSClient
import AgentCoreServices
import AgentEvents
import AsyncHTTPClient
import FoundationEssentials
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import ServerSentEvents
import Settings
import WebSocketClient

/// Calls a runtime, directly or through AgentCore, over HTTP or over its WebSocket.
struct RuntimeCaller: Sendable {
    private enum Target: Sendable {
        case url(String)
        case agentCore(AgentRuntimeClient)
    }

    private let target: Target
    private let payload: RuntimePayload
    private let usesSocket: Bool

    private var session: String? { self.payload.session_id }

    init(_ command: Invoke, settings: Settings) throws {
        self.payload = command.payload
        self.usesSocket = command.usesSocket
        guard let arn = command.arn else {
            self.target = .url(command.url)
            return
        }
        let client = try AWSClient(
            environment: settings.awsEnvironment, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
        self.target = .agentCore(
            try AgentRuntimeClient(
                client, arn: arn, qualifier: command.qualifier,
                authentication: settings.bearerToken.map { .bearer($0) } ?? .signature))
    }

    /// The whole answer, as JSON.
    func answer() async throws -> String {
        String(buffer: try await self.post(accept: "application/json").collect(upTo: 100 << 20))
    }

    /// The run's events, each as JSON, as they come.
    func events() -> AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { stream in
            let work = Task {
                do {
                    if self.usesSocket {
                        try await self.follow(socket: self.payload.prompt ?? "") { stream.yield($0) }
                    } else {
                        try await self.followStream { stream.yield($0) }
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }

    // MARK: HTTP

    private func followStream(_ yield: (String) -> Void) async throws {
        var parser = ServerSentEventParser()
        for try await part in try await self.post(accept: "text/event-stream") {
            for event in try parser.feed(part.readableBytesView) { yield(event.data) }
        }
    }

    private func post(accept: String) async throws -> HTTPClientResponse.Body {
        let payload = ByteBuffer(bytes: try JSONEncoder().encode(self.payload))
        switch self.target {
        case .agentCore(let runtime):
            var invocation = AgentRuntimeClient.Invocation(
                payload: payload, session: self.session.map { SessionID(rawValue: $0) })
            invocation.accept = accept
            return try await runtime.invoke(invocation).body
        case .url(let url):
            var request = HTTPClientRequest(url: "\(url)/invocations")
            request.method = .POST
            request.headers = ["accept": accept, "content-type": "application/json"]
            request.body = .bytes(payload)
            return try await self.send(request, to: url)
        }
    }

    private func send(_ request: HTTPClientRequest, to url: String) async throws -> HTTPClientResponse.Body {
        let response: HTTPClientResponse
        do {
            response = try await OutboundHTTP.patient.execute(request, timeout: .hours(1))
        } catch {
            throw Failure(
                "\(url) cannot be reached: \(OutboundHTTP.words(error)). Is the runtime running? Start it with: ai4ai up"
            )
        }
        guard response.status == .ok else {
            let body = try await response.body.collect(upTo: 64 * 1024)
            throw Failure("\(url) answered \(response.status.code): \(String(buffer: body))")
        }
        return response.body
    }

    // MARK: WebSocket

    private struct Input: Encodable {
        struct Message: Encodable {
            var id = "1"
            var role = "user"
            var content: String
        }
        var threadId: String
        var runId: String
        var messages: [Message]
    }

    private struct Envelope: Decodable { var event: JSONValue }

    private func follow(socket prompt: String, _ yield: (String) -> Void) async throws {
        let session = self.session ?? UUID().uuidString.lowercased()
        let socket = try await self.openSocket(SessionID(rawValue: session))
        let input = Input(
            threadId: session, runId: "run-\(UUID().uuidString.lowercased())", messages: [.init(content: prompt)])
        try await socket.send(String(decoding: try JSONEncoder().encode(input), as: UTF8.self))
        for try await message in socket.messages {
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(buffer: message.data))
            yield(envelope.event.json)
            if ["RUN_FINISHED", "RUN_ERROR"].contains(envelope.event["type"]?.string) { break }
        }
        await socket.close()
    }

    private func openSocket(_ session: SessionID) async throws -> WebSocketConnection {
        switch self.target {
        case .agentCore(let runtime): return try await runtime.openSocket(session: session)
        case .url(let url):
            guard url.hasPrefix("http") else { throw Failure("'\(url)' is no address with http or https.") }
            do {
                return try await WebSocketClient().connect(to: "ws\(url.dropFirst(4))/ws")
            } catch let error as WebSocketError {
                throw Failure("\(error.message) Is the runtime running? Start it with: ai4ai up")
            }
        }
    }
}
