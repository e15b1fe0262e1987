import AgentEvents
import RuntimeClient
import Testing

@testable import Backend

@Suite("Run relay")
struct RunRelayTests {
    private static func element(_ number: Int, size: Int = 0) -> RunRelay.Element {
        .init(id: "r:\(number)", event: ["type": "CUSTOM", "value": .string(String(repeating: "x", count: size))])
    }

    private static func numbers(_ stream: AsyncStream<RunRelay.Element>?) async -> [Int?]? {
        guard let stream else { return nil }
        return await stream.reduce(into: []) { $0.append($1.number) }
    }

    @Test("a viewer gets earlier and later events exactly once", arguments: [0, 2])
    func viewers(last: Int) async {
        let relay = RunRelay()
        for number in 1...3 { relay.send(Self.element(number)) }
        let viewer = relay.elements(after: last)
        // A follower that reconnects receives the run from its beginning.
        for number in 1...5 { relay.send(Self.element(number)) }
        relay.finish()
        #expect(await Self.numbers(viewer) == Array(last + 1...5))
        #expect(await Self.numbers(relay.elements(after: 4)) == [5])
    }

    @Test("after a gap, viewers get no later events and must request them")
    func gap() async {
        let relay = RunRelay()
        relay.send(Self.element(1))
        let viewer = relay.elements(after: 0)
        relay.send(Self.element(4))
        #expect(await Self.numbers(viewer) == [1])
        #expect(relay.elements(after: 0) == nil)
    }

    @Test("a slow viewer gets only the events up to the buffer limit")
    func slow() async throws {
        let relay = RunRelay()
        let viewer = relay.elements(after: 0)
        for number in 1...1100 { relay.send(Self.element(number)) }
        let numbers = try #require(await Self.numbers(viewer))
        #expect(numbers == Array(1...numbers.count))
        #expect(numbers.count < 1100)
    }

    @Test("events beyond the history limit reach current viewers, but not later ones")
    func large() async {
        let relay = RunRelay()
        let viewer = relay.elements(after: 0)
        for number in 1...3 { relay.send(Self.element(number, size: 1 << 20)) }
        #expect(relay.elements(after: 0) == nil)
        relay.finish()
        #expect(await Self.numbers(viewer) == [1, 2, 3])
    }

    @Test("an event without an ID isn't relayed")
    func nameless() async {
        let relay = RunRelay()
        relay.send(.init(id: nil, event: ["type": "CUSTOM"]))
        relay.finish()
        #expect(await Self.numbers(relay.elements(after: 0)) == [])
    }
}
