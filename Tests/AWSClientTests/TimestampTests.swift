import FoundationEssentials
import TestSupport
import Testing

@testable import AWSClient

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "each format is written as AWS expects it",
        arguments: [
            (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_440_938_160, "20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"),
            (951_782_399, "20000228T235959Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_868_799, "20000229T235959Z", "Tue, 29 Feb 2000 23:59:59 GMT"),
            (4_107_542_400, "21000301T000000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
            (-1, "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
        ])
    func written(seconds: Int, basic: String, http: String) {
        let date = Date(timeIntervalSince1970: Double(seconds))
        #expect(Timestamp.basic(date) == basic)
        #expect(Timestamp.httpDate(date) == http)
        #expect(Timestamp.parse(httpDate: http) == date)
    }

    @Test("dates agree with Foundation's calendar", arguments: [1, 2, 3] as [UInt64])
    func calendar(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let date = Date(
                timeIntervalSince1970: Double(Int.random(in: -2_000_000_000...8_000_000_000, using: &generator)))
            #expect(Timestamp.basic(date) == Timestamp.iso8601(date).filter { $0 != "-" && $0 != ":" })
        }
    }

    @Test("fractional seconds and UTC offsets are parsed")
    func fractions() {
        #expect(Timestamp.parse(iso8601: "2000-01-02T20:34:56.250Z")?.timeIntervalSince1970 == 946_845_296.25)
        #expect(Timestamp.parse(iso8601: "2000-01-02T21:34:56+01:00")?.timeIntervalSince1970 == 946_845_296)
        #expect(Timestamp.parse(iso8601: "tomorrow") == nil)
        #expect(Timestamp.parse(httpDate: "Sun, 02 Foo 2000 20:34:56 GMT") == nil)
    }
}
