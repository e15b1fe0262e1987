import AgentEvents
import ChatStore
import ChatStoreSQLite
import FoundationEssentials
import GRDB
import Testing

@Suite("SQLite chat store")
struct SQLiteConversationsTests {
    @Test("the file and its folder are created with access only for the owner")
    func permissions() async throws {
        try await withFolder { folder in
            let path = "\(folder)/deep/chats.sqlite"
            let chats = try SQLiteChatStore(path: path)
            try await chats.newChat()
            for (name, permissions) in [
                ("\(folder)/deep", 0o700), (path, 0o600), ("\(path)-wal", 0o600), ("\(path)-shm", 0o600),
            ] {
                let attributes = try FileManager.default.attributesOfItem(atPath: name)
                let found = try #require(attributes[.posixPermissions])
                #expect("\(found)" == "\(permissions)", "\(name)")
            }
        }
    }

    @Test("stored data is available after reopening the file")
    func reopened() async throws {
        try await withFolder { folder in
            let path = "\(folder)/chats.sqlite"
            let session: ChatSession
            let secret: [UInt8]
            do {
                let chats = try SQLiteChatStore(path: path)
                session = try await chats.newChat("Kept")
                try await chats.append(.user("Hello"), to: session)
                secret = try await chats.secret()
            }
            let chats = try SQLiteChatStore(path: path)
            #expect(try await chats.everyChat().map(\.title) == ["Kept"])
            #expect(try await chats.everyMessage(in: session).map(\.content) == ["Hello"])
            let isSame = try await chats.secret() == secret
            #expect(isSame)
        }
    }

    @Test("a new file can be opened concurrently")
    func openedAtOnce() async throws {
        try await withFolder { folder in
            let opened = try await withThrowingTaskGroup(of: SQLiteChatStore.self) { group in
                for _ in 0..<8 {
                    group.addTask { try SQLiteChatStore(path: "\(folder)/chats.sqlite") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for chats in opened { try await chats.newChat() }
            #expect(try await opened[0].everyChat().count == 8)
        }
    }

    @Test("the error for a file that isn't a database contains its path, and the file stays unchanged")
    func noDatabase() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/chats.sqlite"
            let text = String(repeating: "This is a letter. ", count: 1000)
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            let error = #expect(throws: ChatStoreError.self) { try SQLiteChatStore(path: path) }
            #expect(error?.code == .unusable)
            #expect(error?.message.contains(path) == true)
            #expect(error?.message.contains("move it away") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }

    @Test("the error for an unusable path contains the path")
    func noPlace() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "a file".write(toFile: "\(folder)/file", atomically: false, encoding: .utf8)
            for path in ["\(folder)/file/chats.sqlite", folder] {
                let error = #expect(throws: ChatStoreError.self) { try SQLiteChatStore(path: path) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains(folder) == true)
            }
        }
    }

    @Test("a deleted database file is detected")
    func deleted() async throws {
        try await withFolder { folder in
            let path = "\(folder)/chats.sqlite"
            let chats = try SQLiteChatStore(path: path)
            try await chats.check()
            for name in [path, "\(path)-wal", "\(path)-shm"] { try FileManager.default.removeItem(atPath: name) }
            #expect(try await refusal { try await chats.check() } == .unavailable)
        }
    }

    @Test("a database that can't be written is detected")
    func readOnly() async throws {
        try await withFolder { folder in
            let path = "\(folder)/chats.sqlite"
            let chats = try SQLiteChatStore(path: path)
            let other = try DatabaseQueue(path: path)
            let refuse = "CREATE TRIGGER full BEFORE INSERT ON secret BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            try await other.write { try $0.execute(sql: refuse) }
            let error = await #expect(throws: ChatStoreError.self) { try await chats.check() }
            #expect(error?.message.contains("disk full") == true)
        }
    }

    @Test("a canceled call throws a cancellation error and stores nothing")
    func cancelled() async throws {
        try await Store.sqlite.open { chats in
            let session = try await chats.newChat()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await chats.append(.user("Hello"), to: session)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await chats.everyMessage(in: session).isEmpty)
        }
    }

    @Test("extreme page limits are safe", arguments: [-1, 0, Int.max])
    func anyLimit(limit: Int) async throws {
        try await Store.sqlite.open { chats in
            let session = try await chats.newChat()
            try await chats.append(.user("Hello"), to: session)
            let messages = try await chats.messages(in: session.id, of: .ann, limit: limit, before: nil)
            let sessions = try await chats.sessions(of: .ann, matching: nil, archived: nil, limit: limit, after: nil)
            #expect(messages.messages.count == (limit > 0 ? 1 : 0))
            #expect(sessions.sessions.count == (limit > 0 ? 1 : 0))
        }
    }

    @Test("a page of five thousand chats is found quickly, with and without a search")
    func manyChats() async throws {
        try await Store.sqlite.open { chats in
            for number in 0..<5000 { try await chats.newChat("Chat number \(number)") }
            var position: SessionPosition?
            for _ in 0..<3 {
                position = try await chats.sessions(
                    of: .ann, matching: nil, archived: false, limit: 1000, after: position
                ).next
            }
            for (words, after) in [(nil, nil), (nil, position), ("NUMBER 1", nil), ("nowhere", nil)] {
                // The minimum, and ten times what is needed, because other tests run in parallel.
                var quickest = Duration.seconds(1)
                for _ in 0..<20 {
                    let duration = try await ContinuousClock().measure {
                        _ = try await chats.sessions(
                            of: .ann, matching: words, archived: false, limit: 30, after: after)
                    }
                    quickest = min(quickest, duration)
                }
                #expect(quickest < .milliseconds(200), "\(words ?? "no words")")
            }
        }
    }
}
