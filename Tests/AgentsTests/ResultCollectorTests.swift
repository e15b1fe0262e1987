import AgentEvents
import RuntimeProtocol
import Testing

@testable import Agents

/// Several tasks of a run find parts of one result.
@Suite("Collected results")
struct ResultCollectorTests {
    private static func found(_ value: JSONValue, _ paths: String..., missing: [String] = []) -> StructuredResult {
        StructuredResult(
            value: value, evidence: paths.map { .init(path: $0, quote: "says \($0)", url: "https://a.example") },
            problems: missing.map { .init(path: $0, reason: "no page says it") })
    }

    private static func collected(_ found: StructuredResult...) -> StructuredResult? {
        let collector = ResultCollector()
        for each in found { collector.add(each) }
        return collector.result
    }

    @Test("what a task lacks stays as an earlier one has found it, with the words that say it")
    func completes() {
        let result = Self.collected(
            Self.found(["due": 70, "office": .null], "/due", missing: ["/office"]),
            Self.found(["due": .null, "office": "Ipoh"], "/office", missing: ["/due"]))
        #expect(result?.value == ["due": 70, "office": "Ipoh"])
        #expect(result?.evidence.map(\.path).sorted() == ["/due", "/office"] && result?.problems == [])
    }

    @Test("a list isn't lost because a later task finds none")
    func lists() {
        let rows: JSONValue = ["rows": [["no": 1]], "office": .null]
        let result = Self.collected(
            Self.found(rows, "/rows/0/no"), Self.found(["rows": [], "office": "Ipoh"], "/office"))
        #expect(result?.value == ["rows": [["no": 1]], "office": "Ipoh"])
        #expect(result?.evidence.map(\.path).sorted() == ["/office", "/rows/0/no"])
        let newer = Self.collected(Self.found(rows, "/rows/0/no"), Self.found(["rows": [["no": 2]], "office": .null]))
        #expect(newer?.value == ["rows": [["no": 2]], "office": .null])
    }

    @Test("values of two things are never put together")
    func things() {
        let result = Self.collected(
            Self.found(["plate": "WXY 1234", "due": 70], "/plate", "/due"),
            Self.found(["plate": "ABC 5678", "due": .null], "/plate", missing: ["/due"]))
        #expect(result?.value == ["plate": "ABC 5678", "due": .null])
        #expect(result?.evidence.map(\.path) == ["/plate"] && result?.problems.map(\.path) == ["/due"])
    }

    @Test("a task that was not done takes nothing away, and without any result there is none")
    func notDone() {
        let failed = Self.found(.null, missing: [""])
        let result = Self.collected(Self.found(["a/b": 1], "/a~1b"), failed)
        #expect(result?.value == ["a/b": 1] && result?.problems == [] && result?.evidence.count == 1)
        #expect(Self.collected(failed)?.problems.map(\.path) == [""])
        #expect(Self.collected() == nil)
    }
}
