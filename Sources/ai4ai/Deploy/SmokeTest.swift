import AWSClient
import AgentEvents
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import RuntimeClient
import RuntimeProtocol

/// Tests a deployment step by step, as a user would use it.
struct SmokeTest: Sendable {
    private let runtime: RuntimeClient
    private let page: String
    private let form: String
    private let backend: SmokeBackend?
    private let number = UUID().uuidString.lowercased()

    init(_ runtime: RuntimeClient, page: String, form: String, backend: SmokeBackend?) {
        self.runtime = runtime
        self.page = page
        self.form = form
        self.backend = backend
    }

    /// Runs all steps, and streams a finding for each as soon as it finishes. A failed step doesn't prevent the others.
    func findings() -> AsyncStream<Finding> {
        AsyncStream { stream in
            let work = Task {
                for (name, step) in self.steps { stream.yield(await Self.finding(name, step)) }
                stream.finish()
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }

    private typealias Step = @Sendable () async throws -> String

    private var steps: [(String, Step)] {
        [
            ("ping", self.ping), ("task", self.task), ("question", self.question), ("take-over", self.takeOver),
            ("answer", self.answer), ("chat", self.chat), ("clean-up", self.cleanUp),
        ] + (self.backend.map { [("backend", $0.check)] } ?? [])
    }

    private static func finding(_ name: String, _ step: Step) async -> Finding {
        let began = ContinuousClock.now
        do {
            let details = try await step()
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            return .works(name, "\((seconds * 10).rounded() / 10) s: \(details)")
        } catch {
            return .failed(name, "\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
        }
    }

    // MARK: Steps

    /// Stops a session that has no run: the cheapest request that starts a session.
    @Sendable private func ping() async throws -> String {
        let result = try await self.control(ControlRequest(.stop), in: "ping")
        guard result.status == .stopped else { throw Self.unexpected(result) }
        return "a session starts and answers"
    }

    @Sendable private func task() async throws -> String {
        let result = try await self.ask(
            .prompt("Open \(self.page) in the browser, and tell me its main heading in one short sentence."),
            in: "task")
        guard result.status == .completed, !result.message.isEmpty else { throw Self.unexpected(result) }
        return String(result.message.prefix(200))
    }

    @Sendable private func question() async throws -> String {
        let result = try await self.ask(
            .prompt("Open \(self.form), put the word Test into its first field, and send the form."), in: "form")
        guard result.status == .interrupted else {
            throw Failure("The form was to be asked for before it is sent. \(Self.unexpected(result))")
        }
        return String(result.message.prefix(200))
    }

    @Sendable private func takeOver() async throws -> String {
        let taken = try await self.control(ControlRequest(.take), in: "form")
        guard taken.control?.owner == "person" else { throw Self.unexpected(taken) }
        let released = try await self.control(
            ControlRequest(.release, controlID: taken.control?.controlID), in: "form")
        guard released.control?.owner == "agent" else { throw Self.unexpected(released) }
        return "the browser was taken and given back"
    }

    /// Fetches the question again by attaching to its run, and declines it.
    @Sendable private func answer() async throws -> String {
        let waiting = try await self.ask(.attach(), in: "form")
        let answers = (waiting.interrupts ?? []).map { InterruptAnswer(interruptId: $0.id, status: .cancelled) }
        guard !answers.isEmpty else { throw Failure("Nothing waits for an answer. \(Self.unexpected(waiting))") }
        let result = try await self.ask(.resume(answers), in: "form")
        guard result.status == .completed else { throw Self.unexpected(result) }
        return String(result.message.prefix(200))
    }

    @Sendable private func chat() async throws -> String {
        _ = try await self.ask(
            .prompt("Remember for this conversation: my word is persimmon. Say ok."), in: "chat")
        let result = try await self.ask(.prompt("Which is my word? Answer with it alone."), in: "chat")
        guard result.message.lowercased().contains("persimmon") else {
            throw Failure("The second turn does not know the first. \(Self.unexpected(result))")
        }
        return "the second turn knows the first"
    }

    @Sendable private func cleanUp() async throws -> String {
        for session in ["ping", "task", "form", "chat"] {
            let result = try await self.control(ControlRequest(.forget), in: session)
            guard result.code == nil else { throw Self.unexpected(result) }
        }
        return "the sessions are forgotten"
    }

    // MARK: Calls

    private func ask(_ content: RuntimeRequest.Content, in session: String) async throws -> RunResult {
        try await self.runtime.answer(to: RuntimeRequest(content, sessionID: self.session(session)))
    }

    private func control(_ request: ControlRequest, in session: String) async throws -> ControlResult {
        try await self.runtime.answer(to: RuntimeRequest(.control(request), sessionID: self.session(session)))
    }

    private func session(_ name: String) -> SessionID { SessionID(rawValue: "smoke-\(name)-\(self.number)") }

    private static func unexpected(_ result: RunResult) -> Failure {
        self.unexpected(result.status, result.code, result.message)
    }

    private static func unexpected(_ result: ControlResult) -> Failure {
        self.unexpected(result.status, result.code, result.message)
    }

    private static func unexpected(_ status: RunStatus, _ code: String?, _ message: String) -> Failure {
        let code = code.map { ", code: \($0)" } ?? ""
        return Failure("The agents answered status: \(status.rawValue)\(code), message: \(message.prefix(500))")
    }
}

/// Tests the deployed backend.
struct SmokeBackend: Sendable {
    let url: String
    /// A user's token; without one, the chat isn't tested.
    let token: String?

    /// Checks that the backend is ready and, with a token, that a chat gets an answer.
    @Sendable func check() async throws -> String {
        let ready = try await self.call(.GET, "/health/ready")
        guard ready["status"] == "ready" else { throw Failure("\(self.url)/health/ready: \(ready.json)") }
        guard self.token != nil else { return "ready; its chat was not tried without AI4AI_BEARER_TOKEN" }
        let chat = try await self.call(.POST, "/api/sessions", [:])
        guard let id = chat["id"]?.string else { throw Failure("A new chat has no id: \(chat.json)") }
        _ = try await self.call(.POST, "/api/sessions/\(id)/messages", ["text": "Say ok."])
        let answered = try await self.answered(id)
        _ = try await self.call(.DELETE, "/api/sessions/\(id)")
        return "ready; the chat answers: \(answered.prefix(100))"
    }

    private static let timeout = Duration.seconds(120)

    private func answered(_ chat: String) async throws -> String {
        let end = ContinuousClock.now + Self.timeout
        while ContinuousClock.now < end {
            let page = try await self.call(.GET, "/api/sessions/\(chat)/messages")
            let said = (page["messages"]?.array ?? []).first { $0["role"] == "assistant" }
            if let said { return said["content"]?.string ?? "" }
            try await Task.sleep(for: .seconds(1))
        }
        throw Failure("The chat was not answered within \(Self.timeout).")
    }

    private func call(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            if path.hasSuffix("/messages") {
                request.headers.add(name: "idempotency-key", value: UUID().uuidString.lowercased())
            }
            request.body = .bytes(ByteBuffer(string: body.json))
        }
        let response: HTTPClientResponse
        do {
            response = try await OutboundHTTP.client.execute(request, timeout: .seconds(60))
        } catch {
            throw Failure(
                "\(self.url) cannot be reached: \(OutboundHTTP.words(error)). Its name must point at the load balancer."
            )
        }
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        guard (200..<300).contains(response.status.code) || path == "/health/ready" else {
            throw Failure("\(method) \(path): \(response.status.code) \(text.prefix(500))")
        }
        return (try? JSONValue(json: text)) ?? [:]
    }
}
