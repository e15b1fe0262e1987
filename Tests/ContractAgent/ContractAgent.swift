import AgentCoreRuntime
import FoundationEssentials
import Logging

/// An agent that does what its payload says, for black-box tests of the service contract and for benchmarks.
///
/// Environment: `PORT`, `QUIET=1` (no log lines), `DEBUG_ACTIONS=1`, `LOCAL_ONLY=1|0`, `PING=slow|fail|busy`,
/// `NO_WEBSOCKET=1`, `DRAIN_SECONDS`.
@main
struct ContractAgent {
    struct Payload: Decodable {
        var prompt: String?
        /// Answer with this many events.
        var events: Int?
        /// The bytes of each event's text.
        var size: Int?
        /// Milliseconds before each event, or before the answer.
        var delay: Int?
        /// Throw: at once, or after this many events.
        var fail: Bool?
        var failAfter: Int?
        /// Throw an ``InvocationError`` with this status.
        var status: Int?
        /// Occupy a thread without ever suspending, for this many milliseconds.
        var block: Int?
        /// Start background work of this many milliseconds.
        var background: Int?
        /// Answer with what the context holds.
        var context: Bool?
    }

    struct Event: Encodable {
        var type = "TEXT_MESSAGE_CONTENT"
        var messageId = "m"
        var delta: String
    }

    struct AskedToFail: Error, CustomStringConvertible { var description = "asked to fail" }

    struct ContextReport: Encodable {
        var sessionID: String?
        var requestID: String
        var headers: [String: String]
        var workloadAccessToken: String?
        var authorization: String?
        var baggage: [String: String]
    }

    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        var configuration = AgentCoreApp.Configuration(port: environment["PORT"].flatMap { Int($0) } ?? 8080)
        configuration.host = "127.0.0.1"
        configuration.requiresLocalHost = environment["LOCAL_ONLY"] == "1"
        if let milliseconds = environment["KEEP_ALIVE_MS"].flatMap({ Int($0) }) {
            configuration.keepAliveInterval = .milliseconds(milliseconds)
        }
        if let milliseconds = environment["IDLE_MS"].flatMap({ Int($0) }) {
            configuration.idleTimeout = .milliseconds(milliseconds)
        }
        configuration.debugActions = environment["DEBUG_ACTIONS"] == "1"
        if let seconds = environment["DRAIN_SECONDS"].flatMap({ Int($0) }) {
            configuration.drainTimeout = .seconds(seconds)
        }
        var app = AgentCoreApp(configuration: configuration) { (request: InvocationRequest, context) in
            try await self.respond(to: request.decode(), context)
        }
        if environment["QUIET"] == "1" { app.logger.logLevel = .critical }
        if environment["NO_WEBSOCKET"] != "1" {
            app = app.onWebSocket { socket, _ in
                for try await message in socket.messages {
                    if message.text == "fail" { throw AskedToFail() }
                    try await socket.send(message)
                }
            }
        }
        switch environment["PING"] {
        case "slow":
            app = app.onPing {
                try await Task.sleep(for: .seconds(60))
                return .healthyBusy
            }
        case "fail": app = app.onPing { throw AskedToFail() }
        case "busy": app = app.onPing { .healthyBusy }
        default: break
        }
        try await app.run()
    }

    private static func respond(to payload: Payload, _ context: RequestContext) async throws -> InvocationResponse {
        if let status = payload.status {
            throw InvocationError(status: status, message: "custom", details: "asked for \(status)")
        }
        if let milliseconds = payload.background {
            context.backgroundTasks.run("background") { try await Task.sleep(for: .milliseconds(milliseconds)) }
        }
        if payload.context == true {
            let headers = Dictionary(context.headers.map { ($0.name, $0.value) }) { "\($0),\($1)" }
            return try .json(
                ContextReport(
                    sessionID: context.sessionID, requestID: context.requestID, headers: headers,
                    workloadAccessToken: context.identity.workloadAccessToken,
                    authorization: context.identity.authorization, baggage: context.baggage))
        }
        if payload.events != nil { return .stream(Events(payload: payload)) }
        if payload.fail == true { throw AskedToFail() }
        if let delay = payload.delay { try await Task.sleep(for: .milliseconds(delay)) }
        if let milliseconds = payload.block {
            let end = ContinuousClock.now + .milliseconds(milliseconds)
            while ContinuousClock.now < end {}
        }
        return try .json(["message": payload.prompt ?? ""])
    }

    /// Makes events as they are asked for, so that a slow reader holds back the maker.
    struct Events: AsyncSequence, AsyncIteratorProtocol, Sendable {
        let payload: Payload
        var made = 0

        mutating func next() async throws -> Event? {
            if self.made == self.payload.failAfter { throw AskedToFail() }
            guard self.made < (self.payload.events ?? 0) else { return nil }
            if let delay = self.payload.delay { try await Task.sleep(for: .milliseconds(delay)) }
            self.made += 1
            return Event(delta: self.payload.size.map { String(repeating: "x", count: $0) } ?? "word ")
        }

        func makeAsyncIterator() -> Self { self }
    }
}
