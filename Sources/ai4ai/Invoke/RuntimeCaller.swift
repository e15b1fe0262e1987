import AWSClient
import AgentEvents
import FoundationEssentials
import Logging
import NIOCore
import RuntimeClient
import RuntimeProtocol
import Settings
import WebSocketClient

/// Sends a command's request to a runtime, by HTTP or by WebSocket.
struct RuntimeCaller: Sendable {
    private let client: RuntimeClient
    var request: RuntimeRequest
    private let usesSocket: Bool

    init(_ command: Invoke, settings: Settings) throws {
        self.request = command.request
        self.usesSocket = command.usesSocket
        guard let arn = command.arn else {
            guard command.url.hasPrefix("http") else {
                throw Failure("'\(command.url)' is no address with http or https.")
            }
            self.client = RuntimeClient(url: command.url)
            return
        }
        let aws = try AWSClient(
            environment: settings.awsEnvironment, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
        self.client = RuntimeClient(
            try AgentRuntimeClient(
                aws, arn: arn, qualifier: command.qualifier,
                authentication: settings.bearerToken.map { .bearer($0) } ?? .signature))
    }

    /// The complete answer, as JSON.
    func answer() async throws -> String {
        try await Self.explained { try await self.client.json(self.request) }
    }

    /// Sends another request to the same runtime.
    func ask<Answer: Decodable>(_ request: RuntimeRequest) async throws -> Answer {
        try await Self.explained { try await self.client.answer(to: request) }
    }

    /// The run's events, as they arrive.
    func events() -> AsyncThrowingStream<RuntimeEvents.Element, any Error> {
        AsyncThrowingStream { stream in
            let work = Task {
                do {
                    try await Self.explained {
                        if self.usesSocket {
                            try await self.followSocket { stream.yield($0) }
                        } else {
                            for try await element in try await self.client.events(of: self.request) {
                                stream.yield(element)
                            }
                        }
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }

    private func followSocket(_ yield: (RuntimeEvents.Element) -> Void) async throws {
        guard case .prompt(let prompt, let options) = self.request.content else { return }
        let session = self.request.sessionID ?? SessionID(rawValue: UUID().uuidString.lowercased())
        let socket = try await self.client.openSocket(session)
        let run = RunID(rawValue: "run-\(UUID().uuidString.lowercased())")
        let frame = SocketFrame(
            .request(
                RuntimeRequest(
                    .agUI(
                        RunAgentInput(
                            threadId: session, runId: run, prompt: prompt, files: options.files,
                            forwardedProps: options.forwardedProps)))),
            sessionID: session)
        try await socket.send(JSONValue.json(encoding: frame))
        for try await message in socket.messages {
            guard let element = RuntimeEvents.Element(envelope: String(buffer: message.data)) else { continue }
            yield(element)
            if element.isEnd { break }
        }
        await socket.close()
    }

    /// Adds a remedy to the error of an unreachable runtime.
    private static func explained<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as RuntimeClientError {
            throw Failure(
                error.code == .unreachable
                    ? "\(error.description). Is the runtime running? Start it with: ai4ai up" : error.description)
        } catch let error as WebSocketError {
            throw Failure("\(error.message) Is the runtime running? Start it with: ai4ai up")
        }
    }
}
