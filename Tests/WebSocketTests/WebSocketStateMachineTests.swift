import NIOCore
import TestSupport
import Testing

@testable import WebSocket

@Suite("WebSocket state machine")
struct WebSocketStateMachineTests {
    typealias Machine = WebSocketStateMachine

    private static func frame(
        _ opcode: UInt8, _ data: [UInt8] = [], isFinal: Bool = true, reserved: Bool = false, isMasked: Bool = true
    ) -> Machine.Frame {
        Machine.Frame(
            opcode: opcode, isFinal: isFinal, hasReservedBits: reserved, isMasked: isMasked,
            data: ByteBuffer(bytes: data))
    }

    /// Returns the code with which a server closes after these frames, or `nil` if it doesn't close.
    private static func failure(after frames: [Machine.Frame], limit: Int = 1000) -> UInt16? {
        var machine = Machine(role: .server, maxMessageSize: limit)
        for frame in frames {
            if case .fail(let close) = machine.receive(frame) { return close.code.rawValue }
        }
        return nil
    }

    /// Returns the messages that a server delivers after these frames.
    private static func messages(_ frames: [Machine.Frame]) -> [WebSocketMessage] {
        var machine = Machine(role: .server, maxMessageSize: 1000)
        return frames.compactMap { frame in
            if case .deliver(let message) = machine.receive(frame) { message } else { nil }
        }
    }

    struct Violation: CustomTestStringConvertible {
        var testDescription: String
        var frames: [Machine.Frame]
        var code: UInt16
    }

    static let violations: [Violation] = [
        .init(testDescription: "an unmasked frame", frames: [frame(1, isMasked: false)], code: 1002),
        .init(testDescription: "reserved bits", frames: [frame(1, reserved: true)], code: 1002),
        .init(testDescription: "a reserved data opcode", frames: [frame(3)], code: 1002),
        .init(testDescription: "a reserved control opcode", frames: [frame(11)], code: 1002),
        .init(testDescription: "a fragmented ping", frames: [frame(9, isFinal: false)], code: 1002),
        .init(testDescription: "a ping of 126 bytes", frames: [frame(9, Array(repeating: 0, count: 126))], code: 1002),
        .init(testDescription: "a continuation of nothing", frames: [frame(0, [1])], code: 1002),
        .init(
            testDescription: "a message inside a message", frames: [frame(1, [65], isFinal: false), frame(1, [66])],
            code: 1002),
        .init(testDescription: "text that is not UTF-8", frames: [frame(1, [0xFF])], code: 1007),
        .init(testDescription: "text cut within a character", frames: [frame(1, [0xE2, 0x82])], code: 1007),
        .init(
            testDescription: "a bad byte in the second fragment",
            frames: [frame(1, [0xE2], isFinal: false), frame(0, [0x28], isFinal: false)], code: 1007),
        .init(testDescription: "a surrogate in UTF-8", frames: [frame(1, [0xED, 0xA0, 0x80])], code: 1007),
        .init(
            testDescription: "a message over the limit", frames: [frame(2, Array(repeating: 0, count: 1001))],
            code: 1009),
        .init(
            testDescription: "fragments over the limit",
            frames: [
                frame(2, Array(repeating: 0, count: 600), isFinal: false), frame(0, Array(repeating: 0, count: 600)),
            ], code: 1009),
        .init(testDescription: "a close code of one byte", frames: [frame(8, [3])], code: 1002),
        .init(testDescription: "close code 1005", frames: [frame(8, [0x03, 0xED])], code: 1002),
        .init(testDescription: "close code 2999", frames: [frame(8, [0x0B, 0xB7])], code: 1002),
        .init(testDescription: "a close reason that is not UTF-8", frames: [frame(8, [0x03, 0xE8, 0xFF])], code: 1007),
    ]

    @Test("a protocol violation closes the connection with its code", arguments: violations)
    func violation(_ violation: Violation) {
        #expect(Self.failure(after: violation.frames) == violation.code)
    }

    @Test("a masked frame from a server is rejected")
    func serversDoNotMask() {
        var machine = Machine(role: .client, maxMessageSize: 1000)
        guard case .fail(let close) = machine.receive(Self.frame(1)) else {
            Issue.record("The frame was accepted.")
            return
        }
        #expect(close.code == .protocolError)
    }

    @Test("fragments are joined, with pings in between")
    func fragments() {
        let frames = [
            Self.frame(1, [0xE2, 0x82], isFinal: false), Self.frame(9, [1]), Self.frame(0, [], isFinal: false),
            Self.frame(0, [0xAC]),
        ]
        #expect(Self.messages(frames) == [.text("€")])
    }

    @Test("an empty message is delivered")
    func emptyMessage() {
        #expect(Self.messages([Self.frame(1), Self.frame(2)]) == [.text(""), .binary(ByteBuffer())])
    }

    @Test("a ping is answered with its own data")
    func ping() {
        var machine = Machine(role: .server, maxMessageSize: 1000)
        guard case .pong(let data) = machine.receive(Self.frame(9, [1, 2])) else {
            Issue.record("There was no pong.")
            return
        }
        #expect(data == ByteBuffer(bytes: [1, 2]))
    }

    @Test("a close frame is answered once, and nothing is delivered afterwards")
    func closeIsTheEnd() {
        var machine = Machine(role: .server, maxMessageSize: 1000)
        guard case .reply(let code, _) = machine.receive(Self.frame(8, [0x03, 0xE8])) else {
            Issue.record("The close was not answered.")
            return
        }
        #expect(code == .normal)
        guard case .none = machine.receive(Self.frame(1, [65])) else {
            Issue.record("A message came after the close.")
            return
        }
    }

    @Test("a close frame is sent once, and the peer's answer ends the connection")
    func ownClose() {
        var machine = Machine(role: .server, maxMessageSize: 1000)
        let isFirst = machine.close()
        let isSecond = machine.close()
        #expect(isFirst && !isSecond)
        guard case .finish = machine.receive(Self.frame(8, [0x03, 0xE8])) else {
            Issue.record("The answer did not end the connection.")
            return
        }
    }

    @Test("random frames never trap and never deliver invalid text", arguments: 0..<50 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var machine = Machine(role: .server, maxMessageSize: 64)
        for _ in 0..<200 {
            let frame = Self.frame(
                UInt8.random(in: 0...15, using: &generator),
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in .random(in: 0...255, using: &generator) },
                isFinal: .random(using: &generator), reserved: Int.random(in: 0..<20, using: &generator) == 0)
            if case .deliver(.text(let data)) = machine.receive(frame) {
                #expect(String(validating: data.readableBytesView, as: UTF8.self) != nil, "seed \(seed)")
            }
        }
    }
}

@Suite("Incremental UTF-8 validation")
struct UTF8ValidatorTests {
    @Test(
        "the validator agrees with the standard library, wherever the text is split",
        arguments: [
            "", "plain", "é", "€", "🎉", "\u{FFFF}", "\u{10FFFF}", "a\u{0}b",
        ])
    func accepts(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var validator = UTF8Validator()
            let isAccepted = validator.accepts(bytes[..<cut]) && validator.accepts(bytes[cut...])
            #expect(isAccepted && validator.isComplete)
        }
    }

    @Test(
        "overlong forms, surrogates, and values beyond Unicode are rejected",
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xFE], [0xC3, 0x28],
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        var validator = UTF8Validator()
        let isAccepted = validator.accepts(bytes)
        #expect(!isAccepted)
    }
}
