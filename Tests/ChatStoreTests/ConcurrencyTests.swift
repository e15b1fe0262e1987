import AgentEvents
import ChatStore
import Testing

@Suite("Concurrent writers")
struct ConcurrencyTests {
    private static let writers = 8

    /// Writes messages from several tasks, distributed over the instances, and checks the stored messages.
    private static func write(_ count: Int, to chats: [any ChatStore]) async throws {
        let session = try await chats[0].newChat("Busy")
        try await withThrowingTaskGroup { group in
            for writer in 0..<Self.writers {
                let chats = chats[writer % chats.count]
                group.addTask {
                    for number in 0..<count / Self.writers {
                        let draft = MessageDraft.user("Message \(number)", id: "\(writer):\(number)")
                        let isNew = try await chats.append(draft, to: session).isNew
                        #expect(isNew)
                    }
                }
            }
            try await group.waitForAll()
        }
        let reader = try #require(chats.last)
        let messages = try await reader.everyMessage(in: session)
        #expect(messages.count == count)
        #expect(Set(messages.map(\.id)).count == count)
        let areTimesRising = zip(messages, messages.dropFirst()).allSatisfy { $0.time < $1.time }
        #expect(areTimesRising)
        for writer in 0..<Self.writers {
            let own = messages.map(\.id).filter { $0.hasPrefix("\(writer):") }
            let isInOrder = own == (0..<count / Self.writers).map { "\(writer):\($0)" }
            #expect(isInOrder, "The messages of writer \(writer) are out of order.")
        }
        let current = try await reader.current(session)
        #expect(current.messageCount == count)
        #expect(current.preview == messages.last?.content)
        #expect(current.updatedAt == current.lastMessageAt)
    }

    @Test(
        "concurrent messages aren't lost or duplicated, and each writer's messages stay in order",
        .timeLimit(.minutes(10)), arguments: Store.all)
    func manyMessages(store: Store) async throws {
        try await store.open { try await Self.write(store.isSlow ? 240 : 10_000, to: [$0]) }
    }

    @Test("several processes can write to one chat", .timeLimit(.minutes(10)), arguments: Store.all)
    func processes(store: Store) async throws {
        try await store.open(instances: 4) { try await Self.write(store.isSlow ? 80 : 1600, to: $0) }
    }

    @Test("a message that is sent several times concurrently is stored once", arguments: Store.all)
    func sameMessage(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let session = try await chats[0].newChat()
            let appended = try await withThrowingTaskGroup(of: AppendedMessage.self) { group in
                for number in 0..<Self.writers {
                    let chats = chats[number % 2]
                    group.addTask {
                        // Likewise, only one of the runs starts.
                        let run = SessionChange.begin(RunID(rawValue: "run-\(number)"))
                        return try await chats.append(.user("Words \(number)", id: "m"), to: session.id, of: .ann, run)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(appended.filter(\.isNew).count == 1)
            #expect(Set(appended.map(\.message)).count == 1)
            let current = try await chats[1].current(session)
            let kept = try #require(try await chats[1].everyMessage(in: session).first)
            #expect(current.messageCount == 1)
            #expect(appended[0].message == kept)
            #expect(current.run?.id.rawValue == kept.content.replacing("Words ", with: "run-"))
        }
    }

    @Test("changes by one process are visible to another", arguments: Store.all)
    func seenElsewhere(store: Store) async throws {
        try await store.open(instances: 2) { chats in
            let session = try await chats[0].newChat("Shared")
            #expect(try await chats[1].current(session) == session)
            for number in 0..<10 {
                let message = try await chats[number % 2].append(.user("Message \(number)"), to: session).message
                let other = chats[(number + 1) % 2]
                let page = try await other.messages(in: session.id, of: .ann, limit: 1, before: nil)
                #expect(page.messages == [message])
                #expect(try await other.current(session).messageCount == number + 1)
            }
        }
    }

    @Test("messages stay in order even if the clock goes back", arguments: Store.all)
    func clockGoesBack(store: Store) async throws {
        try await store.open { chats in
            let ahead = MessageTime(rawValue: MessageTime.now.rawValue + 3_600_000_000_000)
            let session = try await chats.newChat(at: ahead)
            let first = try await chats.append(.user("First"), to: session).message
            let second = try await chats.append(.user("Second"), to: session).message
            let renamed = try await chats.change(session, SessionChange(title: "Renamed"))
            #expect(first.time.rawValue == ahead.rawValue + 1)
            #expect(second.time.rawValue == ahead.rawValue + 2)
            #expect(renamed.updatedAt > second.time)
            #expect(renamed.lastMessageAt == second.time)
            #expect(try await chats.everyMessage(in: session) == [first, second])
        }
    }

    @Test("all processes share the same secret from the start", arguments: Store.all)
    func secret(store: Store) async throws {
        try await store.open(instances: 4) { chats in
            let secrets = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for number in 0..<16 {
                    let chats = chats[number % 4]
                    group.addTask { try await chats.secret() }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            let secret = try #require(secrets.first)
            #expect(secrets.count == 1)
            #expect(secret.count == 32)
            #expect(Set(secret).count > 4)
            try await store.open { other in
                let isAnother = try await other.secret() != secret
                #expect(isAnother)
            }
        }
    }
}
