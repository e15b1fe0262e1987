import AgentEvents
import Conversations
import FoundationEssentials
import HTTPTypes
import RuntimeClient
import Settings
import Testing

@testable import Backend

@Suite("What clients send")
struct RequestsTests {
    @Test("new chats have ids of their own, in the order of time, that AgentCore takes")
    func sessionIDs() async throws {
        let first = SessionID.new(at: Date(timeIntervalSince1970: 1_800_000_000))
        let second = SessionID.new(at: Date(timeIntervalSince1970: 1_800_000_000.001))
        #expect(first.rawValue < second.rawValue)
        #expect(first.rawValue.utf8.count == 36)
        #expect(SessionID(chat: first.rawValue) == first)
    }

    @Test(
        "an address that cannot be a chat's is none",
        arguments: [
            "", "x", "../../etc/passwd", "run#0192-aaaa-bbbb-cccc-dddddddddddd", String(repeating: "a", count: 37),
            "0192f000-0000-7000-8000-00000000000é",
        ])
    func foreignIDs(text: String) { #expect(SessionID(chat: text) == nil) }

    @Test("an event's id is read back as it was written")
    func eventIDs() {
        let id = EventID(run: RunID(rawValue: "run-1:2"), sequence: 7)
        #expect(EventID(text: id.description) == id)
        #expect(EventID(text: "run-1") == nil)
        #expect(EventID(text: "run-1:-3") == nil)
    }

    @Test(
        "a frame that does not fit is refused with its reason",
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

    @Test("a schema that marks a secret anywhere asks for one")
    func secrets() {
        #expect(RunFollower.asksForSecret(["properties": ["code": ["type": "string", "writeOnly": true]]]))
        #expect(RunFollower.asksForSecret(["anyOf": [["format": "password"]]]))
        #expect(!RunFollower.asksForSecret(["properties": ["answer": ["type": "string"]]]))
    }
}

@Suite("How often one user may do something")
struct RateLimitsTests {
    private let user = UserID(rawValue: "u")

    private func limits(messages: Int) -> RateLimits {
        var limits = BackendSettings.Limits()
        limits.messagesPerMinute = messages
        limits.socketsPerUser = 2
        return RateLimits(limits)
    }

    @Test("more than the limit is refused, and allowed again as time goes on")
    func refills() throws {
        let limits = limits(messages: 60)
        let start = ContinuousClock.now
        for _ in 0..<60 { try limits.take(.message, for: user, now: start) }
        #expect { try limits.take(.message, for: user, now: start) } throws: {
            ($0 as? Problem)?.status == .tooManyRequests
        }
        try limits.take(.message, for: user, now: start + .seconds(1))
    }

    @Test("one user's use takes nothing from another's")
    func users() throws {
        let limits = limits(messages: 1)
        try limits.take(.message, for: user)
        try limits.take(.message, for: UserID(rawValue: "other"))
    }

    @Test("a socket's place is given back")
    func sockets() {
        let limits = limits(messages: 1)
        #expect(limits.takeSocket(of: user))
        #expect(limits.takeSocket(of: user))
        #expect(!limits.takeSocket(of: user))
        limits.leaveSocket(of: user)
        #expect(limits.takeSocket(of: user))
    }
}
