import NIOCore
import TestSupport
import Testing

@testable import AWSClient

@Suite("Event streams")
struct EventStreamTests {
    private static let everyType = EventStreamMessage(
        headers: [
            .init(":event-type", .string("contentBlockDelta")), .init("yes", .bool(true)), .init("no", .bool(false)),
            .init("byte", .int8(-3)), .init("short", .int16(-300)), .init("int", .int32(70_000)),
            .init("long", .int64(.min)), .init("bytes", .bytes(ByteBuffer(bytes: [0, 255]))),
            .init("time", .timestamp(1_440_938_160_000)), .init("id", .uuid(Array(0..<16))), .init("ü", .string("")),
        ], payload: ByteBuffer(string: #"{"delta":{"text":"Grüße"}}"#))

    @Test("every header type survives a round trip, in chunks of any size", arguments: [1, 2, 7, 13, 64, 100_000])
    func portions(size: Int) throws {
        let messages = [Self.everyType, .init(headers: []), Self.everyType]
        var bytes = ByteBuffer()
        for message in messages { bytes.writeImmutableBuffer(try EventStreamEncoder.encode(message)) }
        var decoder = EventStreamDecoder()
        var decoded: [EventStreamMessage] = []
        while let part = bytes.readSlice(length: min(size, bytes.readableBytes)), part.readableBytes > 0 {
            decoder.feed(part)
            while let message = try decoder.next() { decoded.append(message) }
        }
        #expect(decoded == messages)
        #expect(!decoder.isWithinMessage)
    }

    @Test("the example in the format's specification is decoded")
    func specification() throws {
        // Smithy, "Amazon Event Stream Specification": the message without headers.
        let empty: [UInt8] = [0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xC2, 0x48, 0xEB, 0x7D, 0x98, 0xC8, 0xFF]
        var decoder = EventStreamDecoder()
        decoder.feed(ByteBuffer(bytes: empty))
        #expect(try decoder.next() == EventStreamMessage(headers: []))
        #expect(Array(buffer: try EventStreamEncoder.encode(.init(headers: []))) == empty)
    }

    @Test("any single changed byte is detected")
    func corruption() throws {
        let bytes = Array(buffer: try EventStreamEncoder.encode(Self.everyType))
        for index in bytes.indices {
            var broken = bytes
            broken[index] ^= 0x20
            var decoder = EventStreamDecoder()
            decoder.feed(ByteBuffer(bytes: broken))
            #expect(throws: EventStreamError.self, "byte \(index)") {
                // A corrupted length could make the decoder wait for more bytes, so the checksum of the lengths is
                // checked first.
                if try decoder.next() != nil { Issue.record("byte \(index) was not noticed") }
            }
        }
    }

    @Test(
        "hostile lengths are rejected before any memory is allocated for them",
        arguments: [
            (UInt32.max, UInt32.max), (UInt32.max, 0), (16, 1), (15, 0), (0, 0), (100, 85), (24 << 20 | 1, 0),
            (20 << 20, 129 << 10), (0x7FFF_FFFF, 0), (1 << 31, 1 << 31),
        ] as [(UInt32, UInt32)])
    func lengths(total: UInt32, headers: UInt32) {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(total, headers)
        bytes.writeInteger(CRC32.checksum(of: bytes.readableBytesView))
        var decoder = EventStreamDecoder()
        decoder.feed(bytes)
        #expect(throws: EventStreamError.self) { try decoder.next() }
    }

    @Test("no input makes the decoder trap", arguments: Array(1...40) as [UInt64])
    func fuzz(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let valid = Array(buffer: try EventStreamEncoder.encode(Self.everyType))
        for _ in 0..<200 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 12..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            // With a valid checksum, the decoder parses the headers, whatever they contain.
            let sum = CRC32.checksum(of: bytes.dropLast(4))
            bytes.replaceSubrange((bytes.count - 4)..., with: withUnsafeBytes(of: sum.bigEndian, Array.init))
            var decoder = EventStreamDecoder()
            decoder.feed(ByteBuffer(bytes: bytes))
            _ = try? decoder.next()
        }
    }

    @Test("values beyond the limits of the format are rejected")
    func limits() {
        let long = String(repeating: "x", count: 256)
        #expect(throws: EventStreamError.self) {
            try EventStreamEncoder.encode(.init(headers: [.init(long, .bool(true))]))
        }
        #expect(throws: EventStreamError.self) {
            try EventStreamEncoder.encode(.init(headers: [.init("", .bool(true))]))
        }
        #expect(throws: EventStreamError.self) {
            try EventStreamEncoder.encode(.init(headers: [.init("a", .string(String(repeating: "x", count: 40_000)))]))
        }
        #expect(throws: EventStreamError.self) {
            try EventStreamEncoder.encode(.init(headers: [.init("a", .uuid([1]))]))
        }
    }
}
