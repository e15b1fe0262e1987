import AgentEvents
import AgentLoop
import Evaluation
import FoundationEssentials
import Models
import TestSupport
import Testing

/// The folder of the bundled tasks.
private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "evals/demo").path

@Suite("Evaluation runs", .timeLimit(.minutes(15)))
struct EvalRunnerTests {
    @Test(
        "each bundled task passes with its own script",
        arguments: Nightly.cases(try EvalTask.read(folder: folder), every: 4))
    func shipped(task: EvalTask) async throws {
        let result = try await BrowserSlots.shared.withSlot { try await EvalRunner(model: .scripted).run(task) }
        #expect(result.failures == [])
        // Each line of the script is one turn, and there are no other turns.
        #expect(result.steps == task.script.count)
        // A task lists the answers to what it must be asked, and a task that ends with a question says so.
        #expect(result.questions == task.answers.count + (task.checks.contains(.status(.interrupted)) ? 1 : 0))
    }

    @Test(
        "the offline model passes each bundled task with its own request",
        arguments: Nightly.cases(try EvalTask.readOffline(folder: folder), every: 4))
    func shippedOffline(task: EvalTask) async throws {
        let result = try await BrowserSlots.shared.withSlot {
            try await EvalRunner(model: .model(OfflineModel())).run(task)
        }
        #expect(result.failures == [])
    }

    @Test("there are at least 20 bundled tasks")
    func count() throws {
        let tasks = try EvalTask.read(folder: folder)
        #expect(tasks.count >= 20)
        #expect(tasks.compactMap(\.toldOffline).count >= 20)
    }

    private static func task(_ name: String, _ script: [ScriptStep], _ checks: [EvalTask.Check] = []) -> EvalTask {
        var task = EvalTask(name: name, request: "go", checks: checks)
        task.script = script
        return task
    }

    @Test("tasks can run in parallel, and their results are sorted", arguments: [1, 2, 9])
    func several(parallel: Int) async throws {
        let tasks = ["c", "a", "b"].map { Self.task($0, [.say($0)], [.answerContains("b")]) }
        let results = try await EvalRunner(model: .scripted).run(tasks, parallel: parallel)
        #expect(results.map(\.task) == ["a", "b", "c"])
        #expect(results.map(\.isOK) == [false, true, false])
        #expect(results.map(\.steps) == [1, 1, 1])
    }

    @Test("the cost is calculated from the tokens")
    func price() async throws {
        let model = ScriptedModel([
            .events([.text("hi"), .usage(.init(inputTokens: 1000, outputTokens: 100)), .stop(.endTurn)])
        ])
        let result = try await EvalRunner(model: .model(model), prices: ModelPrices(input: 3, output: 15))
            .run(Self.task("t", []))
        #expect(result.tokens == 1100)
        #expect(result.cost == 0.0045)
    }

    @Test("a question without an answer ends the task, and a model that never answers is stopped")
    func ends() async throws {
        let waiting = try await EvalRunner(model: .scripted)
            .run(Self.task("t", [.ask(question: "Which?")], [.status(.interrupted)]))
        #expect(waiting.failures == [])
        var slow = Self.task("t", [.read])
        slow.maxSeconds = 1
        let stopped = try await EvalRunner(model: .model(ScriptedModel([.hang]))).run(slow)
        #expect(stopped.failures == ["the limit of 1 seconds was reached"])
    }

    @Test("a script fails if it refers to a missing value, and a task fails without a script")
    func scripts() async throws {
        let lost = try await EvalRunner(model: .scripted).run(Self.task("t", [.say("{value of \"Amount\"}")]))
        #expect(lost.answer == "No tool has answered with a value behind \"Amount\"")
        let empty = try await EvalRunner(model: .scripted).run(Self.task("t", []))
        #expect(empty.failures == ["the task has no script"])
    }
}

extension EvalTask: CustomTestStringConvertible {
    public var testDescription: String { self.name }
}
