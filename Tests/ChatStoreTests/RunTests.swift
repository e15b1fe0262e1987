import AgentEvents
import ChatStore
import Testing

@Suite("Chat runs in a store")
struct RunTests {
    @Test("starting a run sets the chat's run without changing its version", arguments: Store.all)
    func begin(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Chat")
            var expected = session
            expected.run = .running(.first)
            #expect(try await chats.change(session, .begin(.first)) == expected)
            #expect(try await chats.current(session) == expected)
        }
    }

    @Test("a second run can't start while one is running", arguments: Store.all)
    func busy(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let busy = try await chats.change(session, .begin(.first))
            let refusals = [
                try await refusal { try await chats.change(session, .begin(.second)) },
                try await refusal {
                    try await chats.append(.user("Hello"), to: session.id, of: .ann, .begin(.second))
                },
            ]
            #expect(refusals == [.busy(.running(.first)), .busy(.running(.first))])
            #expect(try await chats.current(session) == busy)
            #expect(try await chats.everyMessage(in: session).isEmpty)
        }
    }

    @Test("a run that waits for the user gives way to a new run", arguments: Store.all)
    func waiting(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.change(session, .begin(.first))
            let waiting = try await chats.change(session, .end(.first, then: .waiting(.first)))
            #expect(waiting.run == .waiting(.first))
            #expect(try await chats.current(session).run == .waiting(.first))
            #expect(try await chats.change(session, .begin(.second)).run == .running(.second))
        }
    }

    @Test("after a run has ended, the next one can start", arguments: Store.all)
    func end(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.change(session, .begin(.first))
            #expect(try await chats.change(session, .end(.first)) == session)
            let next = ChatRun(id: .second, since: MessageTime(rawValue: 8))
            try await chats.change(session, SessionChange(run: .begin(next)))
            #expect(try await chats.current(session).run == next)
        }
    }

    @Test(
        "ending a run that isn't the chat's run changes nothing", arguments: Store.all,
        [nil, ChatRun.waiting(.first)])
    func lateEnd(store: Store, next: ChatRun?) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            #expect(try await chats.change(session, .end(.first, then: next)) == session)
            let current = try await chats.change(session, .begin(.second))
            #expect(try await chats.change(session, .end(.first, then: next)) == current)
            #expect(try await chats.current(session) == current)
        }
    }

    @Test("a message and the end of its run are stored together", arguments: Store.all)
    func lastMessage(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.append(.user("Hello"), to: session.id, of: .ann, .begin(.first))
            #expect(try await chats.current(session).run == .running(.first))
            try await chats.append(.assistant("Hi"), to: session.id, of: .ann, .end(.first))
            let current = try await chats.current(session)
            #expect(current.run == nil)
            #expect(current.messageCount == 2)
        }
    }

    @Test("a message sent again is returned as stored, even while a run is running", arguments: Store.all)
    func sentAgain(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            let sent = try await chats.append(.user("Hello", id: "m"), to: session.id, of: .ann, .begin(.first))
            let before = try await chats.current(session)
            let again = try await chats.append(.user("Hello", id: "m"), to: session.id, of: .ann, .begin(.second))
            #expect(again == AppendedMessage(message: sent.message, isNew: false))
            #expect(try await chats.current(session) == before)
        }
    }

    @Test("of runs that start concurrently, one succeeds", arguments: Store.all)
    func beginsAtOnce(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let session = try await chats[0].newChat()
            let codes = try await withThrowingTaskGroup(of: ChatStoreError.Code?.self) { group in
                for number in 0..<8 {
                    let chats = chats[number % 2]
                    group.addTask {
                        try await refusal {
                            try await chats.append(
                                .user("Message \(number)"), to: session.id, of: .ann,
                                .begin(RunID(rawValue: "run-\(number)")))
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winner = try #require(try await chats[1].current(session).run)
            #expect(codes.filter { $0 == nil }.count == 1)
            #expect(codes.filter { $0 == .busy(winner) }.count == 7)
            #expect(try await chats[1].everyMessage(in: session).count == 1)
        }
    }
}
