import AWSClient
import AgentEvents
import Testing

@testable import ChatStore

/// Tests the table items. The tests that run for every store cover the store's behavior.
@Suite("DynamoDB chat items")
struct DynamoItemTests {
    private static func message(_ content: String, _ details: JSONValue? = nil) -> ChatMessage {
        let draft = MessageDraft(
            id: "m", role: .assistant, content: content, details: details, runID: RunID(rawValue: "r"))
        return ChatMessage(draft, in: SessionID(rawValue: "s"), at: MessageTime(rawValue: 1_700_000_000_000_000_001))
    }

    private static func items(_ message: ChatMessage) -> [JSONValue] {
        let draft = MessageDraft(
            id: message.id, role: message.role, content: message.content, details: message.details)
        return MessageItem.items(message, parts: MessageItem.parts(of: draft), owner: UserID(rawValue: "ann"))
    }

    @Test(
        "a message survives being split into items within the size limit",
        arguments: [
            ("", nil, 1), (String(repeating: "x", count: 307_200), nil, 1),
            (String(repeating: "x", count: 307_201), nil, 2), (String(repeating: "é€𝄞", count: 111_111), nil, 4),
            (String(repeating: "x", count: 300_000), .string(String(repeating: "y", count: 300_000)), 2),
            ("short", .string(String(repeating: "\n", count: 400_000)), 4), ("short", .null, 1),
        ] as [(String, JSONValue?, Int)])
    func parts(content: String, details: JSONValue?, count: Int) throws {
        let message = Self.message(content, details)
        let items = Self.items(message)
        let isSame = try ChatMessage(items: items) == message
        #expect(isSame)
        #expect(items.count == count)
        #expect(items.map { $0["timestamp"]?.dynamoNumber } == (0..<count).map { message.time.rawValue + $0 })
        for item in items {
            let words = ["content", "details"].compactMap { item[$0]?.dynamoString?.utf8.count }
            #expect(words.reduce(0, +) <= 307_200)
        }
    }

    @Test("a message with a missing or foreign part is unusable")
    func incomplete() {
        let items = Self.items(Self.message(String(repeating: "x", count: 1_000_000)))
        var stray = items
        stray[1] = ["id": .dynamoString("other"), "part": .dynamoNumber(1), "content": .dynamoString("y")]
        for items in [[], Array(items.dropFirst()), Array(items.dropLast()), items.reversed(), stray] {
            let error = #expect(throws: ChatStoreError.self) { try ChatMessage(items: items) }
            #expect(error?.code == .unusable)
        }
    }

    @Test("the marker of a message can't be a timestamp, and differs for each message")
    func marks() {
        let marks = Set((0..<1000).map { MessageItem.mark(of: "m\($0)") })
        #expect(marks.count == 1000)
        #expect(marks.allSatisfy { $0 < 0 && $0 > -(1 << 60) })
        #expect(MessageItem.mark(of: "m") == -0x62C6_6A7A_5DD7_0C3)
    }

    @Test(
        "reserved keys are rejected", arguments: ["#settings", "run#1", "", String(repeating: "x", count: 1001)])
    func reserved(text: String) {
        let user = #expect(throws: ChatStoreError.self) { try SessionItem.userKey(UserID(rawValue: text)) }
        #expect(user?.code == .invalid)
        let session = #expect(throws: ChatStoreError.self) {
            try SessionItem.sessionKey(SessionID(rawValue: text))
        }
        #expect(session?.code == .notFound)
    }

    @Test("a page that ends within a large message contains the complete message", arguments: Store.all)
    func midst(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let first = try await chats.append(.user("First"), to: session).message
            let large = try await chats.append(
                .assistant(String(repeating: "€", count: 300_000)), to: session
            ).message
            try await chats.append(.user("Last"), to: session)
            for offset in 1...2 {
                let time = MessageTime(rawValue: large.time.rawValue + offset)
                let page = try await chats.messages(in: session.id, of: .ann, limit: 2, before: time)
                let isSame = page == MessagePage(messages: [first, large], hasOlder: false)
                #expect(isSame)
            }
        }
    }
}
