import AgentCoreRuntime
import Logging
import Testing
import WebSocketClient

@Suite("AgentCoreApp server", .timeLimit(.minutes(15)))
struct AppTests {
    /// Serves an app on a free port while `body` runs.
    private static func serve(
        _ make: (AgentCoreApp.Configuration, Logger) -> AgentCoreApp, _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        var configuration = AgentCoreApp.Configuration(port: 0, isContainer: false)
        configuration.onListening = { announce.yield($0) }
        let app = make(configuration, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.run() }
            guard let port = await ports.first(where: { _ in true }) else { return }
            try await body(port)
            group.cancelAll()
        }
    }

    struct Request: Decodable { var prompt: String }

    @Test("messages of any size pass between the client and server", arguments: [0, 1, 125, 126, 65_536, 3_000_000])
    func webSocketEcho(size: Int) async throws {
        try await Self.serve { configuration, logger in
            AgentCoreApp(configuration: configuration, logger: logger) { (request: Request, _) in request.prompt }
                .onWebSocket { socket, _ in
                    for try await message in socket.messages { try await socket.send(message) }
                }
        } _: { port in
            let socket = try await WebSocketClient().connect(to: "ws://127.0.0.1:\(port)/ws")
            let text = String(repeating: "é", count: size / 2)
            try await socket.send(text)
            let answer = try await socket.messages.first { _ in true }
            #expect(answer?.text == text)
            await socket.close()
        }
    }

    @Test("the error of a rejected handshake contains the status")
    func refusedHandshake() async throws {
        try await Self.serve { configuration, logger in
            AgentCoreApp(configuration: configuration, logger: logger) { (request: Request, _) in request.prompt }
        } _: { port in
            let error = await #expect(throws: WebSocketError.self) {
                try await WebSocketClient().connect(to: "ws://127.0.0.1:\(port)/elsewhere")
            }
            #expect(error?.code == .handshakeRefused)
            #expect(error?.message.contains("404") == true)
        }
    }

    @Test("a socket without a handler is closed with 1011")
    func noHandler() async throws {
        try await Self.serve { configuration, logger in
            AgentCoreApp(configuration: configuration, logger: logger) { (request: Request, _) in request.prompt }
        } _: { port in
            let socket = try await WebSocketClient().connect(to: "ws://127.0.0.1:\(port)/ws")
            let error = await #expect(throws: WebSocketError.self) { for try await _ in socket.messages {} }
            #expect(error?.closeCode == .internalError)
        }
    }

    @Test("an idle stream sends a keep-alive at least every 15 seconds by default")
    func keepAlive() {
        #expect(AgentCoreApp.Configuration(port: 0, isContainer: false).keepAliveInterval <= .seconds(15))
    }

    @Test("an address that nothing serves is unreachable", arguments: ["ws://127.0.0.1:1/", "http://x/", "ws://"])
    func unreachable(url: String) async {
        let error = await #expect(throws: WebSocketError.self) { try await WebSocketClient().connect(to: url) }
        #expect(error?.code == .unreachable)
    }
}
