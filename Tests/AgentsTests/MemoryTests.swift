import AgentEvents
import AgentLoop
import Agents
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

/// The queries and conversations that a user's memory receives.
@Suite("Long-term memory", .timeLimit(.minutes(15)))
struct MemoryTests {
    private final class Memory: LongTermMemory {
        let asked = Mutex<[String]>([])
        let told = Mutex<[[String]]>([])

        func recall(_ query: String, for user: UserID, in session: SessionID) -> [String] {
            self.asked.withLock { $0.append(query) }
            return ["Drives WXY 1234."]
        }

        func remember(_ messages: [Message], of user: UserID, in session: SessionID) {
            self.told.withLock { $0.append(messages.map(\.text)) }
        }

        func keep(_ fact: String, of user: UserID, in session: SessionID) {}
        func list(for user: UserID) -> [RememberedFact] { [] }
        func forget(_ id: String, of user: UserID) -> Bool { false }
    }

    @Test(
        "a task that waited for the user is remembered by its request, and resumes with the recalled facts",
        arguments: [true, false])
    func resumed(isAnsweredInWords: Bool) async throws {
        try await SessionTests.withDirectory { directory in
            let memory = Memory()
            let model = ScriptedModel([.call("ask_person", ["question": "Which car?"]), .say("It is renewed.")])
            let bench = AgentBench(model, recall: memory, directory: directory)
            let asked = try await bench.run(.prompt("Renew my road tax."))
            #expect(asked.status == .interrupted)
            let answer = isAnsweredInWords ? .prompt("The Myvi") : asked.answered(["answer": "The Myvi"])
            #expect(try await bench.run(answer).status == .completed)
            #expect(memory.asked.withLock { $0 } == ["Renew my road tax.", "Renew my road tax."])
            let resumed = try #require(model.requests.last).messages
            #expect(resumed.first?.text.contains("Drives WXY 1234.") == true)
            #expect(resumed.dropFirst().allSatisfy { !$0.text.contains("Drives WXY 1234.") })
            try await eventually { !memory.told.withLock { $0.isEmpty } }
            #expect(memory.told.withLock { $0 } == [["Renew my road tax.", "It is renewed."]])
        }
    }

    private static let scope = SessionScope(SessionID(rawValue: "kept"), of: UserID(rawValue: "aminah"))

    @Test("what is remembered is listed with what is kept, and forgotten one by one or all at once")
    func facts() async throws {
        let bench = AgentBench(ScriptedModel([]))
        let user = UserID(rawValue: "aminah")
        for fact in ["Drives a Myvi.", "Lives in Ipoh.", "Has a cat."] {
            try await bench.memory.keep(fact, of: user, in: Self.scope.session)
        }
        let all = await bench.runs.keeping(.list, in: Self.scope)
        #expect(all.facts?.map(\.text) == ["Drives a Myvi.", "Lives in Ipoh.", "Has a cat."])
        let others = await bench.runs.keeping(.list, in: SessionScope(Self.scope.session, of: UserID(rawValue: "ben")))
        #expect(others.facts == [])
        let one = await bench.runs.keeping(.forgetFact(id: try #require(all.facts?.first?.id)), in: Self.scope)
        #expect(one.status == .completed && one.facts?.map(\.text) == ["Lives in Ipoh.", "Has a cat."])
        #expect(await bench.runs.keeping(.forgetAll, in: Self.scope).facts == [])
    }

    private struct Stubborn: LongTermMemory {
        func recall(_ query: String, for user: UserID, in session: SessionID) -> [String] { [] }
        func remember(_ messages: [Message], of user: UserID, in session: SessionID) {}
        func keep(_ fact: String, of user: UserID, in session: SessionID) {}
        func list(for user: UserID) throws -> [RememberedFact] { throw CancellationError() }
        func forget(_ id: String, of user: UserID) throws -> Bool { throw CancellationError() }
    }

    @Test("a memory that fails keeps nobody from forgetting their secrets, and is told")
    func stubborn() async throws {
        let bench = AgentBench(ScriptedModel([]), recall: Stubborn())
        let secret = NewSecret(name: "password", site: "https://example.com", value: "blue")
        let kept = await bench.runs.keeping(.keep(secret), in: Self.scope)
        #expect(kept.items.count == 1 && kept.facts == nil)
        let forgotten = await bench.runs.keeping(.forgetAll, in: Self.scope)
        #expect(forgotten.status == .failed && forgotten.code == "memory")
        #expect(await bench.runs.keeping(.list, in: Self.scope).items == [])
    }

    /// A model whose turns use a hundred tokens and write ten.
    private struct Counting: LanguageModel {
        let model: ScriptedModel
        var name: String { self.model.name }
        var provider: String { self.model.provider }

        func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            let turn = self.model.turn(request)
            return AsyncThrowingStream { continuation in
                let task = Task {
                    do {
                        continuation.yield(.usage(TokenUsage(inputTokens: 100, outputTokens: 10)))
                        for try await event in turn { continuation.yield(event) }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
                continuation.onTermination = { _ in task.cancel() }
            }
        }
    }

    @Test("a result says what the whole task has cost, also before its user was asked")
    func cost() async throws {
        let model = ScriptedModel([.call("ask_person", ["question": "Which car?"]), .say("It is renewed.")])
        let prices = ModelPrices(input: 2, output: 3)
        let bench = AgentBench(Counting(model: model), prices: prices)
        let asked = try await bench.run(.prompt("Renew my road tax."))
        let first = try #require(asked.usage)
        #expect(asked.dollars == prices.cost(of: first) && first.inputTokens > 0)
        let done = try await bench.run(asked.answered(["answer": "The Myvi"]))
        var sum = first
        sum += try #require(done.usage)
        #expect(done.dollars == prices.cost(of: sum))
    }
}
