import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

@testable import Agents

/// Requests to sessions other than tasks, and repeated requests.
@Suite("Sessions", .timeLimit(.minutes(15)))
struct SessionTests {
    static let session = SessionID(rawValue: "s")
    static let aminah = UserID(rawValue: "aminah")

    static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/sessions-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    static func prompt(_ text: String, run: String?, user: UserID? = Self.aminah) -> RunRequest {
        RunRequest(.prompt(text), sessionID: self.session, runID: run.map { RunID(rawValue: $0) }, userID: user)
    }

    // MARK: Messages to a running run

    /// Returns the user messages of the model's last request, after sending B to the run of A, and then starting a run
    /// with C.
    private static func told(endingBy end: ScriptedModel.Turn, stops: Bool) async throws -> [String] {
        let model = ScriptedModel([end, .say("Done.")])
        let told = Mutex<[String]>([])
        try await self.withDirectory { directory in
            let bench = AgentBench(model, directory: directory)
            let first = await bench.runs.start(self.prompt("A", run: "a")).log
            try await eventually { !model.requests.isEmpty }
            _ = try await bench.runs.start(self.prompt("B", run: "b")).log.result()
            if stops { _ = await bench.runs.control(.init(.stop), in: SessionScope(self.session, of: self.aminah)) }
            _ = try await first.result()
            _ = try await bench.runs.start(self.prompt("C", run: "c")).log.result()
            told.withLock { $0 = model.requests.last?.messages.filter { $0.role == .user }.map(\.text) ?? [] }
        }
        return told.withLock { $0 }
    }

    @Test("a message to a run that the user stopped never appears in a later run")
    func stopped() async throws {
        let told = try await Self.told(endingBy: .hang, stops: true)
        #expect(told.last == "C" && !told.contains { $0.contains("B") }, "\(told)")
    }

    @Test("a message to a failed run precedes the next message")
    func failed() async throws {
        try await Self.withDirectory { directory in
            let model = HeldModel([.fail(ModelError(.refused, "bad key")), .say("Done.")])
            let bench = AgentBench(model, directory: directory)
            let first = await bench.runs.start(Self.prompt("A", run: "a")).log
            await model.isAsked()
            _ = try await bench.runs.start(Self.prompt("B", run: "b")).log.result()
            model.release()
            #expect(try await first.result().code == "model_refused")
            _ = try await bench.runs.start(Self.prompt("C", run: "c")).log.result()
            let told = model.script.requests.last?.messages.filter { $0.role == .user }.map(\.text)
            #expect(told == ["A", "B", "C"])
        }
    }

    // MARK: Repeated requests

    @Test("of concurrent requests with the same run ID, one starts a run, and all follow it")
    func atOnce() async throws {
        try await Self.withDirectory { directory in
            let model = ScriptedModel([.say("Done."), .say("Again.")])
            let bench = AgentBench(model, directory: directory)
            let logs = await withTaskGroup(of: RunLog.self) { group in
                for _ in 0..<20 { group.addTask { await bench.runs.start(Self.prompt("go", run: "r")).log } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(logs.allSatisfy { $0 === logs[0] })
            let first = try await logs[0].result()
            #expect(first.message == "Done.")
            let later = await bench.runs.start(Self.prompt("go", run: "r"))
            #expect(later.log === logs[0] && !later.hasGap)
            #expect(model.requests.count == 1)
        }
    }

    @Test("requests without a run ID start separate runs")
    func withoutID() async throws {
        try await Self.withDirectory { directory in
            let bench = AgentBench(ScriptedModel([.say("one"), .say("two")]), directory: directory)
            for answer in ["one", "two"] {
                let log = await bench.runs.start(Self.prompt("go", run: nil)).log
                let result = try await log.result()
                #expect(result.message == answer)
            }
        }
    }

    @Test("a repeated request to another process returns the result of its run")
    func inAnotherProcess() async throws {
        try await Self.withDirectory { directory in
            let first = AgentBench(ScriptedModel([.say("Done.")]), directory: directory)
            _ = try await first.runs.start(Self.prompt("go", run: "r")).log.result()
            let model = ScriptedModel([.say("Again.")])
            let second = AgentBench(model, directory: directory)
            let (log, hasGap) = await second.runs.start(Self.prompt("go", run: "r"))
            #expect(hasGap)
            #expect(try await log.result().message == "Done.")
            #expect(model.requests.isEmpty)
            let next = await second.runs.start(Self.prompt("go", run: "r2"))
            #expect(try await next.log.result().message == "Again." && !next.hasGap)
        }
    }

    @Test("a repeated request returns the pending question of its run")
    func waiting() async throws {
        try await Self.withDirectory { directory in
            let model = ScriptedModel([.call("ask_person", ["question": "Which car?"])])
            let first = AgentBench(model, directory: directory)
            let asked = try await first.runs.start(Self.prompt("go", run: "r")).log.result()
            for bench in [first, AgentBench(model, directory: directory)] {
                let again = try await bench.runs.start(Self.prompt("go", run: "r")).log.result()
                // Compares only the IDs, because stored times have a resolution of seconds.
                #expect(again.interrupts?.map(\.id) == asked.interrupts?.map(\.id))
                #expect(again.status == .interrupted)
            }
            #expect(model.requests.count == 1)
        }
    }

    @Test("another user's run ID reveals nothing", arguments: [true, false])
    func foreign(isSameProcess: Bool) async throws {
        try await Self.withDirectory { directory in
            let bench = AgentBench(ScriptedModel([.say("secret")]), directory: directory)
            _ = try await bench.runs.start(Self.prompt("go", run: "r")).log.result()
            let asked = isSameProcess ? bench : AgentBench(ScriptedModel([.say("?")]), directory: directory)
            for user in [UserID(rawValue: "ben"), nil] {
                let log = await asked.runs.start(Self.prompt("go", run: "r", user: user)).log
                #expect(try await log.result().code == "forbidden")
            }
        }
    }

    @Test("a repeated message to a running run is delivered once")
    func steering() async throws {
        try await Self.withDirectory { directory in
            let model = HeldModel()
            let bench = AgentBench(model, directory: directory)
            let log = await bench.runs.start(Self.prompt("go", run: "r")).log
            await model.isAsked()
            for _ in 0..<2 {
                let noted = try await bench.runs.start(Self.prompt("and quickly", run: "word")).log.result()
                #expect(noted.runID == RunID(rawValue: "r") && noted.message.hasPrefix("Noted."))
            }
            model.release()
            #expect(try await log.result().message == "Second.")
            let late = try await bench.runs.start(Self.prompt("and quickly", run: "word")).log.result()
            #expect(late.runID == RunID(rawValue: "r"))
            #expect(model.script.requests.count == 2)
            #expect(model.script.requests[1].messages.filter { $0.text == "and quickly" }.count == 1)
        }
    }

    // MARK: Pictures

    @Test("only the session's owner can get a picture by the ID of its step")
    func pictures() async throws {
        try await Self.withDirectory { directory in
            let bench = AgentBench(ScriptedModel([.say("Done.")]), directory: directory)
            _ = try await bench.run(.prompt("go"))
            await bench.store.keepPicture(Data("jpeg".utf8), named: "call-1", of: Self.session.automationRecord)
            let found = await bench.runs.picture("call-1", of: SessionScope(Self.session, of: Self.aminah))
            #expect(found.status == .completed && found.jpeg == Data("jpeg".utf8).base64EncodedString())
            let missing = await bench.runs.picture("call-2", of: SessionScope(Self.session, of: Self.aminah))
            #expect(missing.status == .failed && missing.code == "no_such_picture" && missing.jpeg == nil)
            let foreign = await bench.runs.picture(
                "call-1", of: SessionScope(Self.session, of: UserID(rawValue: "ben")))
            #expect(foreign.code == "forbidden" && foreign.jpeg == nil)
        }
    }
}

/// A model that signals when it's called, and waits to answer the first call until the test releases it.
private final class HeldModel: LanguageModel {
    let name = "held"
    let provider = "ai4ai"
    let script: ScriptedModel
    private let asked = AsyncStream.makeStream(of: Void.self)
    private let gate = AsyncStream.makeStream(of: Void.self)

    init(_ turns: [ScriptedModel.Turn] = [.say("First."), .say("Second.")]) { self.script = ScriptedModel(turns) }

    func isAsked() async { for await _ in self.asked.stream { return } }

    func release() { self.gate.continuation.finish() }

    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let events = self.script.turn(request)
        self.asked.continuation.yield()
        return AsyncThrowingStream { stream in
            let work = Task {
                do {
                    for await _ in self.gate.stream {}
                    for try await event in events { stream.yield(event) }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }
}
