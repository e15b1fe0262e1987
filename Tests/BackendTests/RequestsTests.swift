import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import RuntimeClient
import Settings
import Testing

@testable import Backend

@Suite("Client requests")
struct RequestsTests {
    @Test("new chat IDs are distinct, in chronological order, and valid for AgentCore")
    func sessionIDs() async throws {
        let first = SessionID.new(at: Date(timeIntervalSince1970: 1_800_000_000))
        let second = SessionID.new(at: Date(timeIntervalSince1970: 1_800_000_000.001))
        #expect(first.rawValue < second.rawValue)
        #expect(first.rawValue.utf8.count == 36)
        #expect(SessionID(chat: first.rawValue) == first)
    }

    @Test(
        "an invalid chat ID is rejected",
        arguments: [
            "", "x", "../../etc/passwd", "run#0192-aaaa-bbbb-cccc-dddddddddddd", String(repeating: "a", count: 37),
            "0192f000-0000-7000-8000-00000000000é",
        ])
    func foreignIDs(text: String) { #expect(SessionID(chat: text) == nil) }

    @Test("an event ID survives a round trip")
    func eventIDs() {
        let id = EventID(run: RunID(rawValue: "run-1:2"), sequence: 7)
        #expect(EventID(text: id.description) == id)
        #expect(EventID(text: "run-1") == nil)
        #expect(EventID(text: "run-1:-3") == nil)
    }

    @Test(
        "an invalid frame is rejected with the reason",
        arguments: [
            ("", "JSON object"), ("[]", "JSON object"), ("{}", "JSON object"), (#"{"type":7}"#, "JSON object"),
            (#"{"type":"fly"}"#, "no frame 'fly'"), (#"{"type":"user.message","text":"hi"}"#, "client_message_id"),
            (#"{"type":"user.message","text":"  ","client_message_id":"1"}"#, "text is empty"),
            (#"{"type":"user.message","text":"hi","client_message_id":"a:b"}"#, "colon"),
            (#"{"type":"interrupt.resolve","interruptId":"1","status":"maybe"}"#, "interrupt.resolve"),
            (#"{"type":"auth"}"#, "token"),
        ])
    func badFrames(text: String, words: String) {
        #expect { try ClientFrame(text) } throws: { "\($0)".contains(words) }
    }

    @Test("a schema that marks any member as secret asks for a secret")
    func secrets() {
        #expect(RunFollower.asksForSecret(["properties": ["code": ["type": "string", "writeOnly": true]]]))
        #expect(RunFollower.asksForSecret(["anyOf": [["format": "password"]]]))
        #expect(!RunFollower.asksForSecret(["properties": ["answer": ["type": "string"]]]))
    }
}

@Suite("Rate limits")
struct RateLimitsTests {
    private let user = UserID(rawValue: "u")

    private func limits(messages: Int) -> RateLimits {
        var limits = BackendSettings.Limits()
        limits.messagesPerMinute = messages
        limits.socketsPerUser = 2
        return RateLimits(limits)
    }

    @Test("requests over the limit are rejected, and allowed again later")
    func refills() throws {
        let limits = limits(messages: 60)
        let start = ContinuousClock.now
        for _ in 0..<60 { try limits.take(.message, for: user, now: start) }
        #expect { try limits.take(.message, for: user, now: start) } throws: {
            ($0 as? Problem)?.status == .tooManyRequests
        }
        try limits.take(.message, for: user, now: start + .seconds(1))
    }

    @Test("the limits of different users are independent")
    func users() throws {
        let limits = limits(messages: 1)
        try limits.take(.message, for: user)
        try limits.take(.message, for: UserID(rawValue: "other"))
    }

    @Test("closing a socket frees its slot")
    func sockets() {
        let limits = limits(messages: 1)
        #expect(limits.takeSocket(of: user))
        #expect(limits.takeSocket(of: user))
        #expect(!limits.takeSocket(of: user))
        limits.leaveSocket(of: user)
        #expect(limits.takeSocket(of: user))
    }
}
