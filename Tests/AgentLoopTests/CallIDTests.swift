import Testing

@testable import AgentLoop

@Suite("Ids of calls")
struct CallIDTests {
    @Test("an id that we make is nine letters and digits: the strictest servers accept nothing else as a whole id")
    func own() {
        for _ in 0..<100 {
            let id = CallID.random()
            #expect(id.wholeMatch(of: /[a-zA-Z0-9]{9}/) != nil, "\(id)")
        }
    }

    @Test(
        "a server gets back the id that it gave, although ours is another",
        arguments: ["aB3dE6gH9", "call-1", "toolu_01-abcdefghj", "a-b-c", "1", ""])
    func roundTrip(given: String) {
        let id = CallID.unique(from: given)
        #expect(id != given && CallID.given(id) == given, "\(id)")
    }
}
