import AgentEvents
import ChatStore
import Testing

@Suite("Stored messages")
struct MessageTests {
    @Test("the user's first text becomes the chat's title, and the newest message its preview", arguments: Store.all)
    func titleAndPreview(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.append(.assistant("Welcome!"), to: session)
            #expect(try await chats.current(session).title == "")
            let first = try await chats.append(.user(" Book  a\ntrain "), to: session)
            let second = try await chats.append(.user("To Basel"), to: session)
            var expected = session
            expected.title = "Book a train"
            expected.preview = "To Basel"
            expected.messageCount = 3
            expected.updatedAt = second.message.time
            expected.lastMessageAt = second.message.time
            #expect(first.isNew && second.isNew)
            #expect(try await chats.current(session) == expected)
        }
    }

    @Test("a message keeps an existing title, and can set one", arguments: Store.all)
    func givenTitle(store: Store) async throws {
        try await store.open { chats in
            let named = try await chats.newChat("Named")
            try await chats.append(.user("Hello"), to: named)
            #expect(try await chats.current(named).title == "Named")
            let session = try await chats.newChat()
            try await chats.append(.user("Hello"), to: session.id, of: .ann, SessionChange(title: " Brought "))
            let current = try await chats.current(session)
            #expect(current.title == "Brought")
            #expect(current.version == 2)
        }
    }

    @Test("a message sent again is returned as stored, and changes nothing", arguments: Store.all)
    func sentAgain(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let kept = try await chats.append(.user("Hello", id: "m"), to: session).message
            let before = try await chats.current(session)
            let change = SessionChange(title: "Changed", run: .begin(.running(.first)))
            let again = try await chats.append(.assistant("Other words", id: "m"), to: session.id, of: .ann, change)
            #expect(again == AppendedMessage(message: kept, isNew: false))
            #expect(try await chats.current(session) == before)
            #expect(try await chats.everyMessage(in: session) == [kept])
            #expect(try await chats.message("m", in: session.id, of: .ann) == kept)
        }
    }

    @Test("message IDs are unique per chat", arguments: Store.all)
    func idPerChat(store: Store) async throws {
        try await store.open { chats in
            let sessions = [try await chats.newChat(), try await chats.newChat()]
            for session in sessions {
                #expect(try await chats.append(.user(session.id.rawValue, id: "m"), to: session).isNew)
            }
            for session in sessions {
                let message = try await chats.message("m", in: session.id, of: .ann)
                #expect(message?.content == session.id.rawValue)
            }
            #expect(try await chats.message("n", in: sessions[0].id, of: .ann) == nil)
        }
    }

    private static let texts = [
        "", "a\u{0}b", "\u{0}", "😀 👩‍👩‍👧‍👦 🇨🇭", "𝒳𠜎", "שלום \u{202E}abc\u{202C} مرحبا", "e\u{301} é", "\u{FEFF}mark",
        "line\r\nline\u{2028}line", "'; DROP TABLE message; --", "{\"json\": \"\\u0000\"}", "12", "\u{10FFFF}\u{FFFD}",
    ]

    @Test("every text is stored unchanged, byte for byte", arguments: Store.all, Self.texts)
    func anyText(store: Store, text: String) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let draft = MessageDraft(
                id: "id \(text)", role: .assistant, kind: .steps, content: text,
                details: ["key \(text)": .string(text)],
                runID: RunID(rawValue: "run \(text)"))
            let appended = try await chats.append(draft, to: session).message
            let read = try #require(try await chats.message(draft.id, in: session.id, of: .ann))
            #expect(appended == ChatMessage(draft, in: session.id, at: appended.time))
            #expect(read == appended)
            #expect(try await chats.everyMessage(in: session) == [appended])
            // Strings can be equal even if their bytes differ.
            #expect(Array(read.content.utf8) == Array(text.utf8))
            #expect(Array(read.id.utf8) == Array(draft.id.utf8))
            #expect(try await chats.message("id \(text).", in: session.id, of: .ann) == nil)
        }
    }

    @Test("IDs that differ only after a NUL character are distinct", arguments: Store.all)
    func idsWithNUL(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            for id in ["m", "m\u{0}", "m\u{0}1", "m\u{0}2"] {
                #expect(try await chats.append(.user("Hello", id: id), to: session).isNew)
            }
            #expect(try await chats.everyMessage(in: session).map(\.id) == ["m", "m\u{0}", "m\u{0}1", "m\u{0}2"])
        }
    }

    private static let details: [JSONValue] = [
        nil, true, 1, -1.5, "text", [], [:], [1, ["a": nil, "b": [false, "c"]]],
        ["id": "i1", "large": 9_007_199_254_740_993],
    ]

    @Test("details of every JSON type are stored, and so is their absence", arguments: Store.all)
    func details(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            for (index, details) in (Self.details + [nil as JSONValue?]).enumerated() {
                let draft = MessageDraft(
                    id: "m\(index)", role: .assistant, kind: .question, content: "?", details: details)
                let appended = try await chats.append(draft, to: session).message
                #expect(appended.details == details)
                #expect(try await chats.message(draft.id, in: session.id, of: .ann) == appended)
            }
        }
    }

    @Test("every kind of message is stored for every role", arguments: Store.all)
    func kinds(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let kinds: [ChatMessage.Kind] = [.text, .steps, .question, .answer, .error, .notice]
            for role in [ChatMessage.Role.user, .assistant] {
                for kind in kinds {
                    let draft = MessageDraft(id: "\(role) \(kind)", role: role, kind: kind, content: "\(kind)")
                    try await chats.append(draft, to: session)
                }
            }
            let messages = try await chats.everyMessage(in: session)
            #expect(messages.map(\.kind) == kinds + kinds)
            #expect(messages.map(\.role).prefix(6).allSatisfy { $0 == .user })
            #expect(messages.map(\.role).suffix(6).allSatisfy { $0 == .assistant })
        }
    }

    @Test("a message of a million bytes is stored", arguments: Store.all, ["x", "é", "😀", "\"", "\u{0}"])
    func largest(store: Store, character: String) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let text = String(repeating: character, count: MessageDraft.largest / character.utf8.count)
            try await chats.append(.user("Before"), to: session)
            let appended = try await chats.append(.assistant(text, id: "large"), to: session).message
            let after = try await chats.append(.user("After"), to: session).message
            let isSame = appended.content.utf8.elementsEqual(text.utf8)
            let read = try #require(try await chats.message("large", in: session.id, of: .ann))
            let isReadSame = read.content.utf8.elementsEqual(text.utf8)
            #expect(isSame && isReadSame)
            #expect(after.time > appended.time)
            let messages = try await chats.everyMessage(in: session, limit: 1)
            #expect(messages.map(\.content.utf8.count) == [6, MessageDraft.largest, 5])
            let preview = try await chats.current(session).preview
            #expect(preview == "After")
        }
    }

    @Test("a message of more than a million bytes, including details, is too large", arguments: Store.all)
    func tooLarge(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let text = String(repeating: "x", count: MessageDraft.largest)
            let rest = String(repeating: "y", count: 600_000)
            var drafts = [MessageDraft.user(text + "x"), .user(text), .user(rest)]
            drafts[1].details = nil as JSONValue
            drafts[2].details = .string(rest)
            for draft in drafts {
                #expect(try await refusal { try await chats.append(draft, to: session) } == .tooLarge)
            }
            drafts[2].details = .string(String(rest.prefix(399_998)))
            let appended = try await chats.append(drafts[2], to: session).message
            let isSame = try await chats.message(drafts[2].id, in: session.id, of: .ann) == appended
            #expect(isSame)
            #expect(try await chats.current(session).messageCount == 1)
        }
    }

    @Test("an ID that is empty or longer than 200 bytes is rejected", arguments: Store.all)
    func badID(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            for id in ["", String(repeating: "é", count: 101)] {
                #expect(try await refusal { try await chats.append(.user("Hello", id: id), to: session) } == .invalid)
            }
            let longest = String(repeating: "é", count: 100)
            #expect(try await chats.append(.user("Hello", id: longest), to: session).isNew)
        }
    }

    @Test("of a message that is too large, as much is kept as fits")
    func fitting() throws {
        let small = MessageDraft(id: "1", role: .assistant, content: "a", details: ["b": "c"])
        #expect(small.fitting == small)
        for draft in [
            MessageDraft(id: "1", role: .assistant, content: "a" + String(repeating: "\u{301}", count: 900_000)),
            MessageDraft(
                id: "1", role: .assistant, kind: .steps, content: "a",
                details: ["b": .string(String(repeating: "c", count: 2_000_000))]),
        ] {
            try draft.fitting.check()
            #expect(draft.fitting.content.utf8.first == UInt8(ascii: "a") && draft.fitting.kind == draft.kind)
        }
    }
}
