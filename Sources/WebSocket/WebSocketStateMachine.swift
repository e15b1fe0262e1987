import NIOCore

/// The rules of RFC 6455 that relate frames to messages: masking, fragmentation, and the closing handshake.
///
/// The state machine performs no I/O: it takes frames and returns actions. Two invariants hold in every state: at most
/// one close frame is sent, and no message is delivered after a close frame was sent or received.
struct WebSocketStateMachine {
    /// The role of this endpoint. Clients mask their frames, and servers don't.
    enum Role { case client, server }

    struct Frame {
        var opcode: UInt8
        var isFinal = true
        var hasReservedBits = false
        var isMasked: Bool
        var data: ByteBuffer
    }

    struct Close: Equatable {
        var code: WebSocketCloseCode
        var reason: String
    }

    enum Action {
        case none
        case deliver(WebSocketMessage)
        case pong(ByteBuffer)
        /// The peer closes first: answer with this code (`nil` for an empty close frame), then end the connection.
        case reply(WebSocketCloseCode?, received: Close)
        /// The peer answered the close frame of this endpoint: end the connection.
        case finish(received: Close)
        /// The peer violated a rule: send this close frame, then end the connection.
        case fail(Close)
    }

    private enum State {
        case open
        case closeSent
        case closed
    }

    private enum Opcode {
        static let continuation: UInt8 = 0
        static let text: UInt8 = 1
        static let binary: UInt8 = 2
        static let close: UInt8 = 8
        static let ping: UInt8 = 9
        static let pong: UInt8 = 10
    }

    private struct Fragments {
        var isText: Bool
        var data: ByteBuffer
        var validator = UTF8Validator()
    }

    private let role: Role
    private let maxMessageSize: Int
    private var state = State.open
    private var fragments: Fragments?

    init(role: Role, maxMessageSize: Int) {
        self.role = role
        self.maxMessageSize = maxMessageSize
    }

    /// Whether this endpoint can still send messages.
    var isOpen: Bool { self.state == .open }

    /// Records that this endpoint closes the connection.
    /// - Returns: `false` if a close frame was already sent, or the connection has ended.
    mutating func close() -> Bool {
        guard self.state == .open else { return false }
        self.state = .closeSent
        self.fragments = nil
        return true
    }

    /// Handles a violation that the frame decoder detected before it could produce a frame.
    mutating func fail(_ code: WebSocketCloseCode, _ reason: String) -> Action {
        defer {
            self.state = .closed
            self.fragments = nil
        }
        switch self.state {
        case .open: return .fail(Close(code: code, reason: reason))
        case .closeSent: return .finish(received: Close(code: code, reason: reason))
        case .closed: return .none
        }
    }

    mutating func receive(_ frame: Frame) -> Action {
        guard self.state != .closed else { return .none }
        if frame.hasReservedBits { return self.fail(.protocolError, "reserved bits are set") }
        if frame.isMasked != (self.role == .server) {
            return self.fail(.protocolError, frame.isMasked ? "a server masked a frame" : "a frame is not masked")
        }
        if frame.opcode >= Opcode.close {
            guard frame.isFinal, frame.data.readableBytes <= 125 else {
                return self.fail(.protocolError, "a control frame is fragmented or over 125 bytes")
            }
        }
        switch frame.opcode {
        case Opcode.close: return self.receiveClose(frame.data)
        case Opcode.ping: return self.state == .open ? .pong(frame.data) : .none
        case Opcode.pong: return .none
        case Opcode.continuation, Opcode.text, Opcode.binary: return self.receiveData(frame)
        default: return self.fail(.protocolError, "opcode \(frame.opcode) is reserved")
        }
    }

    private mutating func receiveData(_ frame: Frame) -> Action {
        guard self.state == .open else { return .none }
        let isStart = frame.opcode != Opcode.continuation
        guard isStart == (self.fragments == nil) else {
            return self.fail(.protocolError, isStart ? "a message starts inside another" : "nothing to continue")
        }
        if isStart, frame.isFinal { return self.receiveWhole(frame) }

        var fragments = self.fragments.take() ?? Fragments(isText: frame.opcode == Opcode.text, data: ByteBuffer())
        guard fragments.data.readableBytes + frame.data.readableBytes <= self.maxMessageSize else {
            return self.tooBig()
        }
        if fragments.isText, !fragments.validator.accepts(frame.data.readableBytesView) { return self.notUTF8() }
        fragments.data.writeImmutableBuffer(frame.data)
        guard frame.isFinal else {
            self.fragments = fragments
            return .none
        }
        if fragments.isText, !fragments.validator.isComplete { return self.notUTF8() }
        return .deliver(fragments.isText ? .text(fragments.data) : .binary(fragments.data))
    }

    private mutating func receiveWhole(_ frame: Frame) -> Action {
        guard frame.data.readableBytes <= self.maxMessageSize else { return self.tooBig() }
        guard frame.opcode == Opcode.text else { return .deliver(.binary(frame.data)) }
        guard frame.data.isValidUTF8 else { return self.notUTF8() }
        return .deliver(.text(frame.data))
    }

    private mutating func receiveClose(_ data: ByteBuffer) -> Action {
        var data = data
        var received = Close(code: .noStatus, reason: "")
        if data.readableBytes > 0 {
            guard let number = data.readInteger(as: UInt16.self) else {
                return self.fail(.protocolError, "a close code of one byte")
            }
            received.code = WebSocketCloseCode(rawValue: number)
            guard received.code.mayBeReceived else { return self.fail(.protocolError, "close code \(number)") }
            guard data.isValidUTF8 else { return self.notUTF8() }
            received.reason = String(buffer: data)
        }
        defer { self.state = .closed }
        if self.state == .closeSent { return .finish(received: received) }
        return .reply(received.code == .noStatus ? nil : received.code, received: received)
    }

    private mutating func tooBig() -> Action {
        self.fail(.messageTooBig, "a message is larger than \(self.maxMessageSize) bytes")
    }

    private mutating func notUTF8() -> Action {
        self.fail(.invalidPayload, "text is not UTF-8")
    }
}

extension ByteBuffer {
    /// Whether the readable bytes are valid UTF-8. The bytes are not copied.
    package var isValidUTF8: Bool {
        (try? UTF8Span(validating: self.readableBytesUInt8Span)) != nil
    }
}
