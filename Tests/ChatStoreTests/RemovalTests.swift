import AgentEvents
import ChatStore
import Testing

@Suite("Chat removal")
struct RemovalTests {
    @Test("a chat is hidden as soon as its removal has started", arguments: Store.all)
    func hidden(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Gone")
            try await chats.append(.user("Hello", id: "m"), to: session)
            let isBegun = [
                try await chats.beginRemoval(of: session.id, of: .ann),
                try await chats.beginRemoval(of: session.id, of: .ann),
            ]
            #expect(isBegun == [true, false])
            #expect(try await chats.everyChat().isEmpty)
            #expect(try await chats.everyChat(matching: "gone").isEmpty)
            let refusals = [
                try await refusal { try await chats.current(session) },
                try await refusal { try await chats.change(session, .begin(.first)) },
                try await refusal { try await chats.append(.user("Late"), to: session) },
                try await refusal { try await chats.append(.user("Hello", id: "m"), to: session) },
                try await refusal { try await chats.everyMessage(in: session) },
                try await refusal { try await chats.message("m", in: session.id, of: .ann) },
            ]
            #expect(refusals == Array(repeating: .notFound, count: 6))
        }
    }

    @Test("another process can finish a removal that has only started", arguments: Store.all)
    func resumed(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let count = store.isSlow ? 60 : 450
            let session = try await chats[0].newChat()
            for number in 0..<count { try await chats[0].append(.user("Message \(number)"), to: session) }
            let kept = try await chats[0].newChat("Kept")
            try await chats[0].append(.user("Stays"), to: kept)
            _ = try await chats[0].beginRemoval(of: session.id, of: .ann)

            #expect(try await chats[1].removals(of: .ann) == [session.id])
            #expect(try await chats[1].removals(of: .bob).isEmpty)
            try await chats[1].finishRemoval(of: session.id, of: .ann)
            try await chats[1].finishRemoval(of: session.id, of: .ann)
            #expect(try await chats[0].removals(of: .ann).isEmpty)
            #expect(try await chats[0].everyChat().map(\.id) == [kept.id])
            #expect(try await chats[0].everyMessage(in: kept).map(\.content) == ["Stays"])

            // A new chat with the same ID contains nothing of the old one.
            let again = ChatSession(id: session.id, owner: .bob, title: "Again", createdAt: .now)
            try await chats[0].create(again)
            #expect(try await chats[0].everyMessage(in: again).isEmpty)
            #expect(try await chats[0].append(.user("New"), to: again).isNew)
        }
    }

    @Test("two processes can finish a removal concurrently", arguments: Store.all)
    func finishedTwice(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let session = try await chats[0].newChat()
            for number in 0..<30 { try await chats[0].append(.user("Message \(number)"), to: session) }
            _ = try await chats[0].beginRemoval(of: session.id, of: .ann)
            try await withThrowingTaskGroup { group in
                for chats in chats {
                    group.addTask { try await chats.finishRemoval(of: session.id, of: .ann) }
                }
                try await group.waitForAll()
            }
            #expect(try await chats[0].removals(of: .ann).isEmpty)
        }
    }

    @Test("a removal that hasn't started can't be finished, and removes nothing", arguments: Store.all)
    func notBegun(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            try await chats.append(.user("Stays"), to: session)
            let current = try await chats.current(session)
            #expect(try await refusal { try await chats.finishRemoval(of: session.id, of: .ann) } == .invalid)
            #expect(try await chats.current(session) == current)
            #expect(try await chats.everyMessage(in: session).map(\.content) == ["Stays"])
        }
    }

    @Test("all started removals are listed", arguments: Store.all)
    func listed(store: Store) async throws {
        try await store.open { chats in
            var ids: Set<SessionID> = []
            for number in 0..<5 {
                let id = try await chats.newChat("\(number)").id
                if number != 2 {
                    ids.insert(id)
                    _ = try await chats.beginRemoval(of: id, of: .ann)
                }
            }
            let listed = try await chats.removals(of: .ann)
            #expect(Set(listed) == ids && listed.count == 4)
            #expect(try await chats.everyChat().map(\.title) == ["2"])
        }
    }
}
