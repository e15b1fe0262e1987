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
}
