import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import TestSupport
import Testing

/// Encodes and decodes random values of every case, and checks that they stay equal.
@Suite("Protocol round trips")
struct RoundTripTests {
    private static let count = 200

    private static func check<Value: Codable & Equatable>(
        _ make: (inout ValueMaker) -> Value, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for seed in 0..<Self.count {
            var maker = ValueMaker(seed: UInt64(seed))
            let value = make(&maker)
            let data = try JSONEncoder().encode(value)
            let read = try JSONDecoder().decode(Value.self, from: data)
            #expect(read == value, "\(String(decoding: data, as: UTF8.self))", sourceLocation: sourceLocation)
        }
    }

    @Test("requests survive a round trip") func requests() throws { try Self.check { $0.request() } }

    @Test("client frames survive a round trip") func frames() throws { try Self.check { $0.frame() } }

    @Test("browser input survives a round trip") func inputs() throws { try Self.check { $0.input() } }

    @Test("run results survive a round trip") func results() throws { try Self.check { $0.runResult() } }

    @Test("control results survive a round trip") func control() throws { try Self.check { $0.controlResult() } }

    @Test("pictures survive a round trip") func pictures() throws { try Self.check { $0.picture() } }

    @Test("numbered events survive a round trip")
    func envelopes() throws {
        try Self.check { maker in
            EventEnvelope(id: maker.maybe { $0.text() }, event: .custom(.init(name: maker.text(), value: maker.json())))
        }
    }
}

/// Creates random values that are reproducible by seed.
private struct ValueMaker {
    private var generator: SeededGenerator

    init(seed: UInt64) { self.generator = SeededGenerator(seed: seed) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &self.generator)! }

    mutating func maybe<Value>(_ make: (inout ValueMaker) -> Value) -> Value? {
        Bool.random(using: &self.generator) ? make(&self) : nil
    }

    mutating func list<Value>(_ make: (inout ValueMaker) -> Value) -> [Value] {
        (0..<Int.random(in: 1...3, using: &self.generator)).map { _ in make(&self) }
    }

    mutating func number() -> Int { Int.random(in: 0...100_000, using: &self.generator) }
    mutating func flag() -> Bool { Bool.random(using: &self.generator) }
    mutating func coordinate() -> Double { Double(Int.random(in: -400...40_000, using: &self.generator)) / 4 }

    mutating func text() -> String {
        self.list {
            $0.pick(["a", "Z", "é", "税", "🙂", "\"", "\\", "/", "\n", "\u{0}", "\u{2028}", "{", "cukai jalan"])
        }
        .joined()
    }

    mutating func json() -> JSONValue {
        switch self.number() % 6 {
        case 0: .null
        case 1: .bool(self.flag())
        case 2: .integer(self.number())
        case 3: .string(self.text())
        case 4: .array(self.list { .string($0.text()) })
        default: .object([self.text(): .integer(self.number())])
        }
    }

    mutating func session() -> SessionID { SessionID(rawValue: self.text()) }
    mutating func run() -> RunID { RunID(rawValue: self.text()) }
    mutating func user() -> UserID { UserID(rawValue: self.text()) }

    /// Expirations have whole seconds in their ISO 8601 encoding.
    mutating func expiry() -> Interrupt.Expiry {
        .init(date: Date(timeIntervalSince1970: Double(self.number() * 10_000)))
    }

    mutating func answer() -> InterruptAnswer {
        InterruptAnswer(
            interruptId: InterruptID(rawValue: self.text()), status: self.pick([.resolved, .cancelled]),
            // A null payload counts as missing.
            payload: self.maybe { ["answer": .string($0.text())] })
    }

    mutating func interrupt() -> Interrupt {
        var interrupt = Interrupt(
            id: InterruptID(rawValue: self.text()), reason: self.pick([.inputRequired, .confirmation, .takeover]),
            message: self.text(), expiresAt: self.expiry().date, metadata: self.maybe { ["kind": .string($0.text())] })
        interrupt.toolCallId = self.maybe { $0.text() }
        return interrupt
    }

    mutating func control() -> ControlRequest {
        ControlRequest(
            self.pick([.stop, .take, .release, .renew, .liveView, .revoke, .forget]),
            controlID: self.maybe { $0.number() }, kind: self.maybe { $0.pick(ActionKind.allCases) },
            origin: self.maybe { $0.text() })
    }

    mutating func task() -> AutomationTask {
        AutomationTask(
            goal: self.text() + "x", startURL: self.maybe { $0.text() }, allowedDomains: self.list { $0.text() },
            maxSteps: self.maybe { $0.number() },
            forbidden: self.maybe { Set($0.list { $0.pick(ActionKind.allCases) }) }, playbook: self.maybe { $0.text() },
            readURL: self.maybe { $0.text() }, language: self.maybe { $0.pick([.english, .malay]) },
            result: self.maybe { .object([$0.text(): $0.json()]) })
    }

    mutating func messageFile() -> RunAgentInput.Message.File {
        switch self.number() % 3 {
        case 0: .kept(id: self.text())
        case 1: .inline(base64: self.text(), name: self.maybe { $0.text() }, type: self.maybe { $0.text() })
        default: .address(self.text())
        }
    }

    mutating func request() -> RuntimeRequest {
        let session = self.maybe { $0.session() }
        let user = self.maybe { $0.user() }
        switch self.number() % 10 {
        case 0:
            let files = self.flag() ? self.list { $0.text() } : []
            let options = PromptOptions(
                files: files, result: self.maybe { .object([$0.text(): $0.json()]) })
            return RuntimeRequest(.prompt(self.text() + "x", options), sessionID: session, userID: user)
        case 1:
            var input = RunAgentInput(threadId: self.session(), runId: self.run(), prompt: self.text() + "x")
            input.messages[0].files = self.flag() ? self.list { $0.messageFile() } : []
            input.resume = self.flag() ? self.list { $0.answer() } : []
            // The session of an AG-UI client is its thread.
            return RuntimeRequest(.agUI(input), sessionID: input.threadId, userID: user)
        case 2: return RuntimeRequest(.task(self.task()), sessionID: session, userID: user)
        case 3:
            return RuntimeRequest(
                .resume(self.list { $0.answer() }, of: self.pick([.coordinator, .automation])), sessionID: session,
                userID: user)
        case 4:
            return RuntimeRequest(
                .attach(self.maybe { $0.run() }, after: self.number()), sessionID: session, userID: user)
        case 5: return RuntimeRequest(.control(self.control()), sessionID: session, userID: user)
        case 6: return RuntimeRequest(.picture(id: self.text()), sessionID: session, userID: user)
        case 7:
            return RuntimeRequest(
                .file(
                    self.pick([
                        .list, .read(id: self.text(), from: self.number(), count: self.number()),
                        .preview(id: self.text()), .remove(id: self.text()),
                    ])), sessionID: session, userID: user)
        case 8:
            let secret = NewSecret(
                kind: self.pick([.secret, .oneTimeCode]), name: self.text(), site: self.text(), value: self.text())
            let keeping = self.pick([.list, .keep(secret), .forget(id: self.text()), KeepingRequest.forgetAll])
            return RuntimeRequest(.keeping(keeping), sessionID: session, userID: user)
        default:
            let piece = FilePiece(
                id: self.text(), name: self.text(), offset: self.number(), content: self.text(), last: self.flag())
            return RuntimeRequest(.putFile(piece), sessionID: session, userID: user)
        }
    }

    mutating func input() -> BrowserInput {
        switch self.number() % 10 {
        case 0:
            .mouse(
                self.pick([.move, .down, .up]), x: self.coordinate(), y: self.coordinate(),
                button: self.maybe { $0.pick([.left, .middle, .right]) }, clicks: self.number())
        case 1:
            .wheel(x: self.coordinate(), y: self.coordinate(), deltaX: self.coordinate(), deltaY: self.coordinate())
        case 2: .key(self.text())
        case 3: .text(self.text())
        case 4: .dialog(accept: self.flag(), text: self.maybe { $0.text() })
        case 5: .navigate(url: self.text())
        case 6: .back
        case 7: .forward
        case 8: .reload
        default: .tab(self.text())
        }
    }

    mutating func frame() -> SocketFrame {
        let session = self.session()
        let user = self.maybe { $0.user() }
        let content: SocketFrame.Content =
            switch self.number() % 7 {
            case 0:
                // The frame contains the session.
                .request(RuntimeRequest(.prompt(self.text() + "x"), sessionID: session, userID: user))
            case 1: .hello(run: self.maybe { $0.run() }, after: self.number(), showsFrames: self.flag())
            case 2: .frames(self.flag())
            case 3: .message(self.text())
            case 4: .answer(self.answer())
            case 5: .control(self.pick([.stop, .take, .release, .renew]))
            default: .input(self.input())
            }
        return SocketFrame(content, sessionID: session, userID: user)
    }

    mutating func structuredResult() -> StructuredResult {
        StructuredResult(
            value: self.json(),
            evidence: self.list { .init(path: $0.text(), quote: $0.text(), url: $0.text()) },
            problems: self.list { .init(path: $0.text(), reason: $0.text()) })
    }

    mutating func runResult() -> RunResult {
        var result = RunResult(
            message: self.text(), sessionID: self.session(), runID: self.run(),
            status: self.pick([.running, .completed, .interrupted, .failed, .stopped]), code: self.maybe { $0.text() },
            interrupts: self.maybe { $0.list { $0.interrupt() } },
            links: self.maybe {
                $0.list { maker in
                    ResultLink(
                        url: maker.text(), title: maker.maybe { $0.text() }, kind: maker.pick([.page, .payment]))
                }
            })
        result.result = self.maybe { $0.structuredResult() }
        result.outcome = self.maybe { $0.pick([.notDone]) }
        result.seconds = self.maybe { Double($0.number()) / 10 }
        result.usage = self.maybe { TokenUsage(inputTokens: $0.number(), outputTokens: $0.number()) }
        return result
    }

    mutating func controlResult() -> ControlResult {
        ControlResult(
            sessionID: self.session(), message: self.text(), status: self.pick([.completed, .failed, .stopped]),
            code: self.maybe { $0.text() },
            control: self.maybe { maker in
                ControlState(
                    owner: maker.pick(["agent", "person"]), controlID: maker.maybe { $0.number() },
                    leaseSeconds: maker.maybe { $0.number() })
            },
            liveView: self.maybe {
                LiveViewAddress(
                    url: $0.text(), expiresAt: $0.expiry(), viewport: .init(width: $0.number(), height: $0.number()))
            }, progressSummary: self.maybe { $0.text() })
    }

    mutating func picture() -> PictureResult {
        PictureResult(
            id: self.text(), status: self.pick([.completed, .failed]), jpeg: self.maybe { $0.text() },
            code: self.maybe { $0.text() }, message: self.maybe { $0.text() })
    }
}
