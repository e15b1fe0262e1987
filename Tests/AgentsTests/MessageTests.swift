import AgentEvents
import AgentLoop
import Agents
import FoundationEssentials
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

/// Messages that a page sends over a WebSocket are stopped and asked about like requests.
@Suite("WebSocket messages", .timeLimit(.minutes(15)))
struct MessageTests {
    /// A page with a WebSocket. Its button runs `message`.
    private static func page(_ message: String, more: String = "") -> PageContent {
        .html(
            """
            <label>Text <input id=t oninput="socket.send(JSON.stringify({type: 'typing', text: t.value}))"></label>
            <button id=b disabled onclick="\(message)">Go</button>
            <script>
            const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket')
            let n = 0
            socket.onopen = () => { socket.send('{"type":"hello"}'); b.disabled = false; \(more) }
            </script>
            """)
    }

    /// Fills in the field, performs the action, and answers the questions.
    private static func use(
        _ page: PageContent, with act: ScriptedModel.Turn = .callOn("click", role: "button", name: "Go"),
        goal: String = "Do what the page is for.", approving: Bool,
        _ body:
            @Sendable (_ questions: [String], _ received: @escaping @Sendable () -> [String], _ result: RunResult)
            async throws -> Void
    ) async throws {
        try await withPages(["/": page]) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]),
                    .callOn("fill", role: "textbox", name: "Text", ["text": "Hello Ali"]),
                    act, .say("Done."),
                ]))
            try await BrowserSlots.shared.withSlot {
                let task = AutomationTask(goal: goal, forbidden: ApprovalPolicy.prohibitedActions(in: goal))
                var result = try await bench.run(.automation(task))
                var questions: [String] = []
                while let question = result.interrupts?.first, questions.count < 9 {
                    questions.append(question.message)
                    result = try await bench.run(result.answered(["approved": .bool(approving)]))
                }
                await bench.stop()
                try await body(
                    questions, { server.submissions.filter { $0.path == "/socket" }.map(\.body) }, result)
            }
        }
    }

    @Test(
        "a consequential message is asked about, and sent once after approval or not at all after refusal",
        arguments: Nightly.cases(
            [
                "socket.send(t.value)", "socket.send(JSON.stringify({type: 'chat', body: t.value}))",
                "socket.send(JSON.stringify({op: 'order', side: 'buy', ref: ++n}))",
                "socket.send('4111111111111111')", "setTimeout(() => socket.send(t.value), 200)",
                "socket.send(JSON.stringify(['1', 'phx', {event: 'delete_item'}]))",
                "WebSocket.prototype.send.call(socket, t.value)",
                "socket.send(JSON.stringify({type: 'close_account'}))",
                "socket.send(new TextEncoder().encode(t.value))",
                "socket.send('SEND\\ndestination:/app/chat\\n\\nI resign')",
                "socket.send(JSON.stringify({type: 'subscribe', payload: {query: 'mutation Buy { buy }'}}))",
                "socket.send(JSON.stringify({type: 'sync', rest: 'x'.repeat(5000)}))",
                "const frame = document.body.appendChild(document.createElement('iframe'));"
                    + "frame.contentWindow.WebSocket.prototype.send.call(socket, t.value)",
                "const s = new WebSocket(socket.url); s.onopen = () => s.send(t.value)",
            ], every: 2))
    func asked(message: String) async throws {
        for approving in [true, false] {
            try await Self.use(Self.page(message), approving: approving) { questions, received, result in
                #expect(questions.count == 1 && questions.first?.contains("SEND ws://") == true, "\(questions)")
                #expect(result.message == "Done.")
                let others = { @Sendable in received().filter { !$0.contains("hello") && !$0.contains("typing") } }
                if approving { try await eventually { !others().isEmpty } }
                #expect(others().count == (approving ? 1 : 0), "\(others())")
            }
        }
    }

    @Test("a key for the focused element sends nothing without approval either")
    func key() async throws {
        let page = Self.page("", more: "t.onkeydown = (event) => { if (event.key === 'Enter') socket.send(t.value) }")
        try await Self.use(page, with: .call("press", ["key": "Enter"]), approving: false) { questions, received, _ in
            #expect(questions.count == 1 && !received().contains("Hello Ali"), "\(questions)")
        }
    }

    @Test("messages sent before a socket closes arrive with their content at the time of sending")
    func lastWords() async throws {
        let message = """
            const bytes = new TextEncoder().encode('first'); socket.send(bytes); bytes.fill(120);
            const frame = document.body.appendChild(document.createElement('iframe'));
            socket.send(new frame.contentWindow.Blob(['second'])); socket.send('3'); socket.close()
            """.split(separator: "\n").joined(separator: " ")
        try await Self.use(Self.page(message), approving: false) { questions, received, _ in
            #expect(questions == [])
            try await eventually { received().suffix(3) == ["first", "second", "3"] }
        }
    }

    @Test("a page can't send a stopped message later")
    func later() async throws {
        let more = "setInterval(() => { if (n) socket.send(t.value) }, 20)"
        try await Self.use(Self.page("n = 1", more: more), approving: false) { questions, received, _ in
            #expect((1...2).contains(questions.count) && !received().contains("Hello Ali"), "\(questions)")
        }
    }

    @Test("a message that the request prohibits isn't sent")
    func forbidden() async throws {
        let goal = "Look at the page and do not pay, delete, send, sign or submit anything."
        try await Self.use(Self.page("socket.send(t.value)"), goal: goal, approving: true) { questions, received, _ in
            #expect(questions == [] && !received().contains("Hello Ali"))
        }
    }

    @Test(
        "heartbeats, drafts, and read-only messages need no approval",
        arguments: [
            "socket.send(JSON.stringify({type: 'cursor', x: 1}))", "socket.send('2')",
            "socket.send(JSON.stringify({event: 'add_to_cart', item: 12}))",
            "socket.send(JSON.stringify({type: 'subscribe', topic: 'prices'}))",
        ])
    func harmless(message: String) async throws {
        let more = "setInterval(() => socket.send(JSON.stringify({type: 'tick', n: ++n})), 5)"
        try await Self.use(Self.page(message, more: more), approving: false) { questions, received, result in
            #expect(questions == [] && result.message == "Done.", "\(questions)")
            #expect(received().contains { $0.contains("typing") } && received().contains { $0.contains("tick") })
        }
    }

    @Test("binary messages keep their order, and the page sees unmodified sockets")
    func order() async throws {
        let message = """
            socket.send(JSON.stringify({type: 'sync'})); socket.send(new Blob(['second'])); socket.send('3');
            if (!(socket instanceof WebSocket) || socket.constructor !== WebSocket || WebSocket.OPEN !== 1
                || !/native code/.test(socket.send)) socket.send('found out: Hello Ali')
            """.split(separator: "\n").joined(separator: " ")
        try await Self.use(Self.page(message), approving: false) { questions, received, _ in
            #expect(questions == [])
            try await eventually { received().suffix(3) == [#"{"type":"sync"}"#, "second", "3"] }
        }
    }
}
