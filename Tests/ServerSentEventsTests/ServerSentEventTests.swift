import ServerSentEvents
import TestSupport
import Testing

@Suite("Server-sent events")
struct ServerSentEventTests {
    @Test("an event is encoded as its fields and a blank line")
    func encodes() {
        let event = ServerSentEvent(data: "one\ntwo", event: "update", id: "run:7", retry: 2000)
        #expect(event.encoded == "event: update\nid: run:7\nretry: 2000\ndata: one\ndata: two\n\n")
    }

    @Test("a line break in an ID can't start a new field")
    func idsCannotInject() {
        #expect(ServerSentEvent(data: "x", id: "1\ndata: evil").encoded == "id: 1data: evil\ndata: x\n\n")
    }

    @Test("Unicode line separators don't end a line")
    func unicodeLineSeparators() {
        #expect(ServerSentEvent(data: "a\u{2028}b\u{85}c").encoded == "data: a\u{2028}b\u{85}c\n\n")
    }

    @Test("encoded events are parsed unchanged, in chunks of any size", arguments: [1, 2, 3, 7, 1000])
    func roundTripsInAnyPortions(size: Int) throws {
        let events = [
            ServerSentEvent(data: "plain"), ServerSentEvent(data: "a\nb", event: "e", id: "9"),
            ServerSentEvent(data: "", retry: 5), ServerSentEvent(data: "Grüße 🎉"),
        ]
        let bytes = Array(events.map(\.encoded).joined().utf8)
        var parser = ServerSentEventParser()
        var parsed: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            parsed += try parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(parsed == events)
    }

    @Test(
        "every line ending is recognized, even split between chunks",
        arguments: ["data: a\r\rdata: b\r\r", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\n\ndata: b\n\n"])
    func lineEnds(text: String) throws {
        var parser = ServerSentEventParser()
        let parsed = try text.utf8.flatMap { try parser.feed([$0]) }
        #expect(parsed == [ServerSentEvent(data: "a"), ServerSentEvent(data: "b")])
    }

    @Test(
        "input that isn't an event is skipped",
        arguments: [": comment\n\n", "event: only a name\n\n", "unknown: x\n\n", "data: cut off", "id: 1\u{0}\n\n"])
    func skips(text: String) throws {
        var parser = ServerSentEventParser()
        #expect(try parser.feed(text.utf8).isEmpty)
    }

    @Test("a byte order mark before the first line is skipped")
    func byteOrderMark() throws {
        var parser = ServerSentEventParser()
        #expect(try parser.feed([0xEF, 0xBB, 0xBF] + Array("data: x\n\n".utf8)) == [ServerSentEvent(data: "x")])
    }

    @Test("an event over the limit is rejected before it fills the memory")
    func limit() {
        var parser = ServerSentEventParser(limit: 100)
        #expect(throws: ServerSentEventParser.EventTooLarge.self) {
            try parser.feed("data: \(String(repeating: "x", count: 200))".utf8)
        }
    }

    @Test("random bytes don't trap or make the parser grow without bound", arguments: 0..<20 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var parser = ServerSentEventParser(limit: 1 << 16)
        let alphabet = Array("data:event id\r\n\u{0}é🎉".utf8)
        for _ in 0..<200 {
            _ = try parser.feed((0..<50).map { _ in alphabet.randomElement(using: &generator) ?? 0 })
        }
    }
}
