import AgentEvents
import ChatStore
import FoundationEssentials
import Testing

@Suite("Stored chats")
struct SessionTests {
    @Test("a new chat is stored unchanged", arguments: Store.all)
    func made(store: Store) async throws {
        try await store.open { chats in
            var session = ChatSession(
                id: SessionID(rawValue: UUID().uuidString), owner: .ann, title: "Train to Basel",
                createdAt: MessageTime(rawValue: 1_700_000_000_123_456_789))
            session.updatedAt = MessageTime(rawValue: 1_700_000_000_123_456_791)
            session.lastMessageAt = MessageTime(rawValue: 1_700_000_000_123_456_790)
            session.messageCount = 3
            session.preview = "Which day?"
            session.version = 5
            session.placement = .pinned
            session.run = ChatRun(
                id: .first, state: .waiting, messageID: "m", since: MessageTime(rawValue: 1_700_000_000_000_000_001))
            try await chats.create(session)
            #expect(try await chats.session(session.id, of: .ann) == session)
            #expect(try await chats.everyChat() == [session])
        }
    }

    @Test("a chat ID can be used only once, across all users", arguments: Store.all)
    func takenID(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Mine")
            for user in [UserID.ann, .bob] {
                let again = ChatSession(id: session.id, owner: user, title: "Another", createdAt: .now)
                #expect(try await refusal { try await chats.create(again) } == .invalid)
            }
            #expect(try await chats.current(session) == session)
            #expect(try await chats.everyChat(of: .bob).isEmpty)
        }
    }

    @Test("renaming increments the version and moves the chat to the front", arguments: Store.all)
    func rename(store: Store) async throws {
        try await store.open { chats in
            let old = try await chats.newChat("Old", at: MessageTime(rawValue: 1000))
            let other = try await chats.newChat("Other", at: MessageTime(rawValue: 2000))
            let renamed = try await chats.change(old.id, of: .ann, ifVersion: 1, SessionChange(title: "New"))
            #expect(renamed.title == "New")
            #expect(renamed.version == 2)
            #expect(renamed.updatedAt > other.updatedAt)
            #expect(renamed.lastMessageAt == old.lastMessageAt)
            #expect(try await chats.current(old) == renamed)
            #expect(try await chats.everyChat().map(\.id) == [old.id, other.id])
        }
    }

    @Test("a title is stored without surrounding white space", arguments: Store.all)
    func trimming(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let texts = ["  two  words \n", "\u{3000}日本語\t", String(repeating: "é", count: 200), "a\u{0}b", "👩‍👩‍👧‍👦"]
            for (text, kept) in zip(texts, ["two  words", "日本語", texts[2], texts[3], texts[4]]) {
                #expect(try await chats.change(session, SessionChange(title: text)).title == kept)
                #expect(try await chats.current(session).title == kept)
            }
            #expect(try await chats.current(session).version == 6)
        }
    }

    @Test(
        "a title that is empty, or longer than the limits for characters and bytes, is rejected", arguments: Store.all,
        ["", " \n\t", String(repeating: "a", count: 201), "a" + String(repeating: "\u{301}", count: 3000)])
    func badTitle(store: Store, title: String) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Kept")
            let change = SessionChange(title: title)
            #expect(try await refusal { try await chats.change(session, change) } == .invalid)
            let append = try await refusal {
                try await chats.append(.user("Hello"), to: session.id, of: .ann, change)
            }
            #expect(append == .invalid)
            #expect(try await chats.current(session) == session)
        }
    }

    @Test("a change based on an older version is rejected with the current one", arguments: Store.all)
    func conflict(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("One")
            let current = try await chats.change(session, SessionChange(title: "Two"))
            for version in [1, 3] {
                let code = try await refusal {
                    try await chats.change(session.id, of: .ann, ifVersion: version, SessionChange(title: "Three"))
                }
                #expect(code == .conflict(current))
            }
            #expect(try await chats.current(session) == current)
        }
    }

    @Test("of concurrent renames one succeeds, and the others get its title", arguments: Store.all)
    func renamesAtOnce(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let session = try await chats[0].newChat("Before")
            let codes = try await withThrowingTaskGroup(of: ChatStoreError.Code?.self) { group in
                for number in 0..<8 {
                    let chats = chats[number % 2]
                    group.addTask {
                        try await refusal {
                            try await chats.change(
                                session.id, of: .ann, ifVersion: 1, SessionChange(title: "Tab \(number)"))
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let current = try await chats[0].current(session)
            #expect(codes.filter { $0 == nil }.count == 1)
            #expect(codes.filter { $0 == .conflict(current) }.count == 7)
            #expect(current.version == 2)
        }
    }

    @Test("the owner's message brings an archived chat back, and the agent's doesn't", arguments: Store.all)
    func archived(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Done")
            try await chats.change(session, SessionChange(placement: .archived))
            try await chats.append(.assistant("One more thing."), to: session)
            #expect(try await chats.current(session).placement == .archived)
            try await chats.append(.user("Go on."), to: session)
            #expect(try await chats.current(session).placement == .list)
            try await chats.change(session, SessionChange(placement: .pinned))
            try await chats.append(.user("Stay there."), to: session)
            #expect(try await chats.current(session).placement == .pinned)
        }
    }

    @Test("an empty change changes nothing", arguments: Store.all)
    func noChange(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Same")
            #expect(try await chats.change(session, SessionChange()) == session)
            #expect(try await chats.current(session) == session)
        }
    }

    @Test("the check of a working store succeeds", arguments: Store.all)
    func check(store: Store) async throws {
        try await store.open { try await $0.check() }
    }
}
