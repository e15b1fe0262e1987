import AgentEvents
import ChatStore
import FoundationEssentials
import Testing

@Suite("Message times")
struct MessageTimeTests {
    @Test(
        "the next time is the current time, unless the previous time is later",
        arguments: [(before: 5, now: 9, next: 9), (5, 6, 6), (5, 5, 6), (9, 5, 10), (0, 0, 1), (-7, -9, -6)])
    func next(times: (before: Int, now: Int, next: Int)) {
        let next = MessageTime.next(
            after: MessageTime(rawValue: times.before), now: MessageTime(rawValue: times.now))
        #expect(next == MessageTime(rawValue: times.next))
    }

    @Test("consecutive times always increase")
    func rising() {
        var time = MessageTime.now
        for _ in 0..<1000 {
            let next = MessageTime.next(after: time)
            #expect(next > time)
            time = next
        }
    }

    @Test("a time is encoded in JSON as a string with nanosecond precision")
    func json() throws {
        let time = MessageTime(rawValue: 1_700_000_000_123_456_789)
        let value = try JSONValue(encoding: time)
        #expect(value == "1700000000123456789")
        #expect(try value.decode(MessageTime.self) == time)
        for bad in [1_700_000_000_123_456_789, "", "1.5", "now", nil] as [JSONValue] {
            #expect(throws: DecodingError.self) { try bad.decode(MessageTime.self) }
        }
    }

    @Test("a time and its date are the same moment")
    func date() {
        let time = MessageTime(rawValue: 1_700_000_000_500_000_000)
        #expect(time.date.timeIntervalSince1970 == 1_700_000_000.5)
        let now = MessageTime.now
        #expect(abs(now.date.timeIntervalSinceNow) < 60)
    }
}
