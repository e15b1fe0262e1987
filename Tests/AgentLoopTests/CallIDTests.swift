import Testing

@testable import AgentLoop

@Suite("Tool call IDs")
struct CallIDTests {
    @Test("a generated ID has nine alphanumeric characters, because the strictest servers accept nothing else")
    func own() {
        for _ in 0..<100 {
            let id = CallID.random()
            #expect(id.wholeMatch(of: /[a-zA-Z0-9]{9}/) != nil, "\(id)")
        }
    }

    @Test(
        "a server gets back its own ID, although the internal ID differs",
        arguments: ["aB3dE6gH9", "call-1", "toolu_01-abcdefghj", "a-b-c", "1", ""])
    func roundTrip(given: String) {
        let id = CallID.unique(from: given)
        #expect(id != given && CallID.given(id) == given, "\(id)")
    }
}
