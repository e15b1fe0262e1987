import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import FoundationEssentials
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

/// Deleting sessions, and watching browsers without going through the runtime.
@Suite("Forgetting sessions and external live views", .timeLimit(.minutes(15)))
struct ForgettingTests {
    private static let session = SessionTests.session
    private static let aminah = SessionTests.aminah
    private static let ben = UserID(rawValue: "ben")

    /// A memory that records the sessions that it forgets, and can fail at first.
    private final class Memory: LongTermMemory {
        struct Failure: Error {}
        let failures: Mutex<Int>
        let forgotten = Mutex<[String]>([])

        init(failures: Int = 0) { self.failures = Mutex(failures) }

        func recall(_ query: String, for user: UserID, in session: SessionID) -> [String] { [] }
        func remember(_ messages: [Message], of user: UserID, in session: SessionID) {}
        func keep(_ fact: String, of user: UserID, in session: SessionID) {}
        func list(for user: UserID) -> [RememberedFact] { [] }
        func forget(_ id: String, of user: UserID) -> Bool { false }

        func forget(session: SessionID, of user: UserID) throws {
            let fails = self.failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            if fails { throw Failure() }
            self.forgotten.withLock { $0.append("\(session) of \(user)") }
        }
    }

    private static func forget(_ bench: AgentBench, for user: UserID? = Self.aminah) async -> ControlResult {
        await bench.runs.control(.init(.forget), in: SessionScope(self.session, of: user))
    }

    private static func kept(_ bench: AgentBench) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(bench.directory)/runs").sorted()
    }

    @Test("forgetting a session removes all its data and stops its running work")
    func forgets() async throws {
        try await SessionTests.withDirectory { directory in
            let memory = Memory()
            // The run can be stopped before its model is called.
            let turn = ScriptedModel.Turn.decide { $0.messages.last?.text == "go on" ? .hang : .say("Done.") }
            let model = ScriptedModel([turn, turn, turn])
            let bench = AgentBench(model, recall: memory, directory: directory)
            _ = try await bench.run(.prompt("my secret"))
            await bench.store.keepPicture(Data("jpeg".utf8), named: "call-1", of: Self.session.automationRecord)
            let running = await bench.runs.start(SessionTests.prompt("go on", run: "r")).log
            let answer = await Self.forget(bench)
            #expect(answer.status == .completed && answer.code == nil)
            #expect(try await running.result().status == .stopped)
            #expect(try Self.kept(bench).isEmpty)
            #expect(memory.forgotten.withLock { $0 } == ["s of aminah"])
            for (run, code) in [(nil, "stale_answer"), (RunID(rawValue: "r"), "no_such_run")] {
                let log = await bench.runs.attach(to: run, in: Self.session, for: Self.aminah, after: 0).log
                #expect(try await log.result().code == code)
            }
            // Afterwards, any user can start a new session with the same ID.
            let anew = await bench.runs.start(SessionTests.prompt("hello", run: "r", user: Self.ben)).log
            _ = try await anew.result()
            #expect(model.requests.last?.messages.map(\.text) == ["hello"])
        }
    }

    @Test("a pending question is forgotten with its session, also by another process")
    func waiting() async throws {
        try await SessionTests.withDirectory { directory in
            let model = ScriptedModel([.call("ask_person", ["question": "Which car?"])])
            let asked = try await AgentBench(model, directory: directory).run(.prompt("go"))
            let bench = AgentBench(model, directory: directory)
            #expect(await Self.forget(bench).status == .completed)
            #expect(try Self.kept(bench).isEmpty)
            #expect(try await bench.run(asked.answered(["answer": "WXY 1234"])).code == "stale_answer")
        }
    }

    @Test("forgetting a missing session succeeds")
    func missing() async throws {
        try await SessionTests.withDirectory { directory in
            let bench = AgentBench(ScriptedModel([]), directory: directory)
            for _ in 0..<2 { #expect(await Self.forget(bench).status == .completed) }
            #expect(!FileManager.default.fileExists(atPath: directory))
        }
    }

    @Test("another user can't forget a session", arguments: [true, false])
    func foreign(isSameProcess: Bool) async throws {
        try await SessionTests.withDirectory { directory in
            let memory = Memory()
            let first = AgentBench(ScriptedModel([.say("Done.")]), recall: memory, directory: directory)
            _ = try await first.run(.prompt("go"))
            let bench =
                isSameProcess ? first : AgentBench(ScriptedModel([]), recall: memory, directory: directory)
            for user in [Self.ben, nil] { #expect(await Self.forget(bench, for: user).code == "forbidden") }
            #expect(try Self.kept(bench) == ["s"])
            #expect(memory.forgotten.withLock { $0.isEmpty })
        }
    }

    @Test("a memory failure is reported, and forgetting can be repeated")
    func failingMemory() async throws {
        try await SessionTests.withDirectory { directory in
            let memory = Memory(failures: 1)
            let bench = AgentBench(ScriptedModel([.say("Done.")]), recall: memory, directory: directory)
            _ = try await bench.run(.prompt("go"))
            let failed = await Self.forget(bench)
            #expect(failed.status == .failed && failed.code == "memory")
            #expect(try Self.kept(bench) == ["s"])
            #expect(await Self.forget(bench).status == .completed)
            #expect(try Self.kept(bench).isEmpty)
        }
    }

    @Test(
        "an unreadable record is forgotten, unless it names another owner",
        arguments: [
            ("{", ForgettingTests.aminah, nil), ("{", nil, nil),
            (#"{"owner": "aminah", "version": "new"}"#, ForgettingTests.aminah, nil),
            (#"{"owner": "aminah", "version": "new"}"#, ForgettingTests.ben, "forbidden"),
            (#"{"owner": "aminah", "version": "new"}"#, nil, "forbidden"),
        ])
    func unreadable(record: String, user: UserID?, code: String?) async throws {
        try await SessionTests.withDirectory { directory in
            _ = try await AgentBench(ScriptedModel([.say("Done.")]), directory: directory).run(.prompt("go"))
            try record.write(toFile: "\(directory)/runs/s/run.json", atomically: false, encoding: .utf8)
            let bench = AgentBench(ScriptedModel([]), directory: directory)
            #expect(try await bench.run(.prompt("go")).code == "storage")
            #expect(await Self.forget(bench, for: user).code == code)
            #expect(try Self.kept(bench) == (code == nil ? [] : ["s"]))
        }
    }

    /// A memory that delays remembering until the test allows it.
    private final class SlowMemory: LongTermMemory {
        let hasBegun = Signal()
        let mayEnd = Signal()
        let said = Mutex<[String]>([])

        func recall(_ query: String, for user: UserID, in session: SessionID) -> [String] { [] }
        func remember(_ messages: [Message], of user: UserID, in session: SessionID) async {
            self.hasBegun.fire()
            await self.mayEnd.wait()
            self.said.withLock { $0.append(messages.first?.text ?? "") }
        }
        func keep(_ fact: String, of user: UserID, in session: SessionID) {}
        func list(for user: UserID) -> [RememberedFact] { [] }
        func forget(_ id: String, of user: UserID) -> Bool { false }
        func forget(session: SessionID, of user: UserID) { self.said.withLock { $0 = [] } }
    }

    @Test("after a session is forgotten, nothing of its runs is remembered, even if saving had started")
    func lateMemory() async throws {
        try await SessionTests.withDirectory { directory in
            let memory = SlowMemory()
            let model = ScriptedModel([.say("One."), .hang])
            let bench = AgentBench(model, recall: memory, directory: directory)
            _ = try await bench.run(.prompt("first"))
            await memory.hasBegun.wait()
            let second = await bench.runs.start(SessionTests.prompt("second", run: "r2")).log
            async let forgotten = Self.forget(bench)
            #expect(try await second.result().status == .stopped)
            memory.mayEnd.fire()
            #expect(await forgotten.status == .completed)
            #expect(memory.said.withLock { $0.isEmpty })
        }
    }

    // MARK: Live view

    /// A source of remote browsers, some of which have ended.
    private struct Elsewhere: BrowserSource {
        func start(name: String, configuration: BrowserConfiguration) throws -> BrowserEndpoint {
            throw BrowserError(.cannotStart, "None is needed.")
        }

        func externalLiveView(of reference: BrowserReference) throws -> ExternalLiveView? {
            if reference.session == "gone" { throw BrowserError(.browserGone, "It has ended.") }
            return ExternalLiveView(
                url: "https://view.example/\(reference.session)",
                expiresAt: .init(date: Date(timeIntervalSince1970: 1_800_000_000)),
                viewport: .init(width: 1280, height: 900))
        }
    }

    /// Stores a session whose task waits in a browser that another process started.
    private static func bench(_ source: any BrowserSource, browser: String?, _ directory: String) async throws
        -> AgentBench
    {
        let bench = AgentBench(ScriptedModel([]), browsers: source, directory: directory)
        var record = try await bench.store.open(self.session.automationRecord)
        record.owner = self.aminah
        record.status = .interrupted
        record.browser = browser.map { BrowserReference(browser: "elsewhere", session: $0) }
        _ = try await bench.store.save(record)
        return bench
    }

    @Test("the owner of a session gets the external live view of a remote browser")
    func externalLiveView() async throws {
        try await SessionTests.withDirectory { directory in
            let bench = try await Self.bench(Elsewhere(), browser: "b1", directory)
            let shown = await bench.runs.control(.init(.liveView), in: SessionScope(Self.session, of: Self.aminah))
            let json = try JSONValue(encoding: shown)
            #expect(
                json["live_view"] == [
                    "url": "https://view.example/b1", "expires_at": "2027-01-15T08:00:00Z",
                    "viewport": ["width": 1280, "height": 900],
                ])
            #expect(!"\(shown)".contains("view.example"))
            let foreign = await bench.runs.control(.init(.liveView), in: SessionScope(Self.session, of: Self.ben))
            #expect(foreign.code == "forbidden" && foreign.liveView == nil)
        }
    }

    @Test(
        "without a browser to watch, the reason is reported",
        arguments: [("gone", "no_browser"), (nil, "no_browser")])
    func noBrowser(browser: String?, code: String) async throws {
        try await SessionTests.withDirectory { directory in
            let bench = try await Self.bench(Elsewhere(), browser: browser, directory)
            let shown = await bench.runs.control(.init(.liveView), in: SessionScope(Self.session, of: Self.aminah))
            #expect(shown.status == .failed && shown.code == code)
        }
    }

    @Test("a source without external live views is reported as such")
    func noExternalLiveView() async throws {
        struct Plain: BrowserSource {
            func start(name: String, configuration: BrowserConfiguration) throws -> BrowserEndpoint {
                throw BrowserError(.cannotStart, "None is needed.")
            }
        }
        try await SessionTests.withDirectory { directory in
            let bench = try await Self.bench(Plain(), browser: "b1", directory)
            let shown = await bench.runs.control(.init(.liveView), in: SessionScope(Self.session, of: Self.aminah))
            #expect(shown.status == .failed && shown.code == "no_outside_view")
        }
    }
}
