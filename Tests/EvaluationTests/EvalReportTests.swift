import Evaluation
import FoundationEssentials
import Testing

@Suite("Evaluation reports")
struct EvalReportTests {
    private static let earlier = EvalReport(
        model: "old", version: "1",
        results: [
            EvalResult(task: "a", steps: 5, questions: 2, inputTokens: 100, seconds: 1.26, cost: 0.01),
            EvalResult(task: "b", failures: ["no"], steps: 7), EvalResult(task: "c", steps: 3),
            EvalResult(task: "gone"),
        ])
    private static let later = EvalReport(
        model: "new", version: "2",
        results: [
            EvalResult(task: "a", failures: ["the answer\nlacks it"], steps: 6, outputTokens: 20),
            EvalResult(task: "b"), EvalResult(task: "c", steps: 4), EvalResult(task: "fresh"),
        ])

    @Test("the table has a row for each task and a summary row")
    func table() {
        #expect(
            Self.earlier.table == """
                task               steps  questions  tokens    cost  seconds  why
                a          ok          5          2     100  0.0100      1.3
                b          FAILED      7                  0              0.0  no
                c          ok          3                  0              0.0
                gone       ok          0                  0              0.0
                3 of 4 ok             15          2     100  0.0100      1.3  old
                """)
        #expect(Self.later.table.contains("the answer lacks it"))
    }

    @Test("a report survives a round trip through a file, and other files are rejected")
    func file() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Self.earlier.write(to: file.path)
        #expect(try EvalReport(file: file.path) == Self.earlier)
        try Data("[]".utf8).write(to: file)
        #expect(throws: EvalError.self) { try EvalReport(file: file.path) }
    }

    @Test("a comparison lists improvements, regressions, and tasks that are in only one report")
    func comparison() {
        let comparison = EvalComparison(from: Self.earlier, to: Self.later)
        #expect(comparison.better == ["b: ok now"])
        #expect(comparison.worse == ["a: fails now: the answer\nlacks it", "c: 4 steps instead of 3"])
        #expect(comparison.others == ["fresh: new, ok", "gone: no longer there"])
        #expect(comparison.text.contains("Of 3 tasks in both: ok 2 → 2, steps 15 → 10, tokens 100 → 20"))
    }
}
