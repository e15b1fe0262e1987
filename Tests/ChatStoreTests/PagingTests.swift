import AgentEvents
import ChatStore
import Testing

@Suite("Pagination")
struct PagingTests {
    // MARK: Messages

    @Test(
        "pages go from the newest message to the oldest, with each message once", arguments: Store.all, [1, 3, 10, 11])
    func messages(store: Store, limit: Int) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            var all: [ChatMessage] = []
            for number in 0..<10 {
                all.append(try await chats.append(.user("Message \(number)"), to: session).message)
            }
            let newest = try await chats.messages(in: session.id, of: .ann, limit: limit, before: nil)
            #expect(newest == MessagePage(messages: all.suffix(limit), hasOlder: limit < 10))
            #expect(try await chats.everyMessage(in: session, limit: limit) == all)
        }
    }

    @Test("a page before a time contains no message at or after that time", arguments: Store.all)
    func before(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            var all: [ChatMessage] = []
            for number in 0..<4 {
                all.append(try await chats.append(.user("Message \(number)"), to: session).message)
            }
            let page = try await chats.messages(in: session.id, of: .ann, limit: 2, before: all[3].time)
            #expect(page == MessagePage(messages: [all[1], all[2]], hasOlder: true))
            let first = try await chats.messages(in: session.id, of: .ann, limit: 2, before: all[0].time)
            #expect(first == MessagePage(messages: [], hasOlder: false))
        }
    }

    @Test("a chat without messages has one empty page", arguments: Store.all)
    func noMessages(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let page = try await chats.messages(in: session.id, of: .ann, limit: 50, before: nil)
            #expect(page == MessagePage(messages: [], hasOlder: false))
        }
    }

    @Test("messages that arrive during paging don't appear in later pages", arguments: Store.all)
    func messagesArrive(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            for number in 0..<20 { try await chats.append(.user("Message \(number)"), to: session) }
            let there = try await chats.everyMessage(in: session)
            var seen: [ChatMessage] = []
            var hasOlder = true
            while hasOlder {
                let page = try await chats.messages(in: session.id, of: .ann, limit: 3, before: seen.first?.time)
                seen = page.messages + seen
                hasOlder = page.hasOlder
                try await chats.append(.user("One more"), to: session)
            }
            #expect(seen == there)
        }
    }

    // MARK: Chats

    @Test("pages list chats by their last change, newest first, each chat once", arguments: Store.all, [1, 4, 12, 13])
    func chats(store: Store, limit: Int) async throws {
        try await store.open { chats in
            var ids: [SessionID] = []
            for number in 0..<12 {
                ids.insert(try await chats.newChat("\(number)", at: MessageTime(rawValue: 1000 + number)).id, at: 0)
            }
            try await chats.newChat("Bob's", of: .bob)
            #expect(try await chats.everyChat(limit: limit).map(\.id) == ids)
            let said = SessionID(rawValue: ids[7].rawValue)
            try await chats.append(.user("Hello"), to: said, of: .ann, SessionChange())
            #expect(try await chats.everyChat(limit: limit).map(\.id) == [said] + ids.filter { $0 != said })
        }
    }

    @Test("chats with the same time each appear once", arguments: Store.all)
    func ties(store: Store) async throws {
        try await store.open { chats in
            var ids: Set<SessionID> = []
            for _ in 0..<10 { ids.insert(try await chats.newChat(at: MessageTime(rawValue: 5)).id) }
            let whole = try await chats.everyChat().map(\.id)
            #expect(Set(whole) == ids && whole.count == 10)
            #expect(try await chats.everyChat(limit: 3).map(\.id) == whole)
        }
    }

    @Test(
        "pinned chats come first, and archived ones are left out or listed alone", arguments: Store.all, [1, 3, 20])
    func placements(store: Store, limit: Int) async throws {
        try await store.open { chats in
            var all: [ChatSession] = []
            for number in 0..<9 {
                let chat = try await chats.newChat("Chat \(number)", at: MessageTime(rawValue: 2000 - number))
                let places: [ChatSession.Placement] = [.list, .archived, .pinned]
                let kept = try await chats.change(chat, SessionChange(placement: places[number % 3]))
                #expect(kept.version == 1 && kept.updatedAt == chat.updatedAt)
                all.append(kept)
            }
            func kept(_ placement: ChatSession.Placement) -> [ChatSession] { all.filter { $0.placement == placement } }
            #expect(try await chats.everyChat(archived: false, limit: limit) == kept(.pinned) + kept(.list))
            #expect(try await chats.everyChat(archived: true, limit: limit) == kept(.archived))
            let found = try await chats.everyChat(matching: "chat", limit: limit)
            #expect(found == kept(.pinned) + all.filter { $0.placement != .pinned })
            try await chats.change(all[2], SessionChange(placement: .list))
            #expect(try await chats.everyChat(archived: false).map(\.id).firstIndex(of: all[2].id) == 3)
        }
    }

    @Test("chats that arrive during paging don't shift the pages", arguments: Store.all)
    func chatsArrive(store: Store) async throws {
        try await store.open { chats in
            for number in 0..<20 { try await chats.newChat(at: MessageTime(rawValue: 1000 + number / 2)) }
            let there = try await chats.everyChat()
            let seen = try await chats.everyChat(limit: 3) {
                try await chats.newChat("New")
            }
            #expect(seen == there)
            #expect(try await chats.everyChat().count == 27)
        }
    }

    @Test("a user without chats gets one empty page", arguments: Store.all, [nil, "words"])
    func noChats(store: Store, words: String?) async throws {
        try await store.open { chats in
            try await chats.newChat("Words", of: .bob)
            let page = try await chats.sessions(of: .ann, matching: words, archived: nil, limit: 30, after: nil)
            #expect(page == SessionPage(sessions: [], next: nil))
        }
    }

    // MARK: Search

    private static let titles = [
        "100 % cotton", "100 percent", "snake_case", "snakeXcase", "Ärger mit der BAHN", "ärgerlich", "ПРИВЕТ мир",
        "Straße",
        "C:\\path", "it's \"quoted\"", "日本語のチャット", "😀 smile", "ΣΊΣΥΦΟΣ", "a\u{0}b",
    ]

    @Test(
        "a search finds text within titles, ignores case, and treats every character literally",
        arguments: Store.all,
        [
            ("%", ["100 % cotton"]), ("100", ["100 % cotton", "100 percent"]), ("_", ["snake_case"]),
            ("E_C", ["snake_case"]), ("ÄRGER", ["Ärger mit der BAHN", "ärgerlich"]), ("bahn", ["Ärger mit der BAHN"]),
            ("привет МИР", ["ПРИВЕТ мир"]), ("STRASSE", ["Straße"]), ("straße", ["Straße"]), ("\\", ["C:\\path"]),
            ("'", ["it's \"quoted\""]), ("\"QUO", ["it's \"quoted\""]), ("本語", ["日本語のチャット"]), ("😀", ["😀 smile"]),
            ("σίσυφος", ["ΣΊΣΥΦΟΣ"]), ("A\u{0}B", ["a\u{0}b"]), ("\u{0}", ["a\u{0}b"]), ("nowhere", []), ("*", []),
            ("", Self.titles), (nil, Self.titles),
        ] as [(String?, [String])])
    func search(store: Store, search: (words: String?, found: [String])) async throws {
        try await store.open { chats in
            for (number, title) in Self.titles.enumerated() {
                try await chats.newChat(title, at: MessageTime(rawValue: 1000 - number))
                try await chats.newChat(title, of: .bob)
            }
            #expect(try await chats.everyChat(matching: search.words).map(\.title) == search.found)
            #expect(try await chats.everyChat(matching: search.words, limit: 1).map(\.title) == search.found)
        }
    }

    @Test("a search uses the current title, wherever it came from", arguments: Store.all)
    func searchAfterChange(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.append(.user("Über uns"), to: session)
            #expect(try await chats.everyChat(matching: "üBER").map(\.id) == [session.id])
            try await chats.change(session, SessionChange(title: "Anders"))
            #expect(try await chats.everyChat(matching: "über").isEmpty)
            #expect(try await chats.everyChat(matching: "ANDERS").map(\.id) == [session.id])
        }
    }
}
