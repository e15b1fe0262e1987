import AgentEvents
import ChatStore
import Testing

@Suite("Chat ownership")
struct OwnershipTests {
    /// An operation on a chat, with its result as text.
    struct Call: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isRefused: Bool
        private let result: @Sendable (any ChatStore, SessionID, UserID) async throws -> String

        init<Result>(
            _ name: String, isRefused: Bool = true,
            _ call: @escaping @Sendable (any ChatStore, SessionID, UserID) async throws -> Result
        ) {
            self.testDescription = name
            self.isRefused = isRefused
            self.result = { "\(try await call($0, $1, $2))" }
        }

        func outcome(_ chats: any ChatStore, _ id: SessionID, _ user: UserID) async throws -> String {
            do {
                return try await self.result(chats, id, user)
            } catch let error as ChatStoreError {
                #expect(error.code == .notFound)
                return "refused: \(error)"
            }
        }
    }

    private static let calls = [
        Call("session") { try await $0.session($1, of: $2) },
        Call("change") { try await $0.change($1, of: $2, ifVersion: nil, SessionChange(title: "Theirs")) },
        Call("change with a version") { try await $0.change($1, of: $2, ifVersion: 7, SessionChange(title: "Theirs")) },
        Call("begin") { try await $0.change($1, of: $2, ifVersion: nil, .begin(.second)) },
        Call("end") { try await $0.change($1, of: $2, ifVersion: nil, .end(.first)) },
        Call("append") { try await $0.append(.user("Theirs"), to: $1, of: $2, SessionChange()) },
        Call("append again") { try await $0.append(.user("Hello", id: "m"), to: $1, of: $2, .begin(.second)) },
        Call("messages") { try await $0.messages(in: $1, of: $2, limit: 10, before: nil) },
        Call("messages before") {
            try await $0.messages(in: $1, of: $2, limit: 10, before: MessageTime(rawValue: .max))
        },
        Call("message") { try await $0.message("m", in: $1, of: $2) },
        Call("begin removal", isRefused: false) { try await $0.beginRemoval(of: $1, of: $2) },
        Call("finish removal", isRefused: false) { try await $0.finishRemoval(of: $1, of: $2) },
    ]

    @Test("another user's chat can't be distinguished from a missing one", arguments: Store.all, Self.calls)
    func foreign(store: Store, call: Call) async throws {
        try await store.open { chats in
            let session = try await chats.newChat("Ann's")
            try await chats.append(.user("Hello", id: "m"), to: session.id, of: .ann, .begin(.first))
            let before = try await chats.current(session)

            let foreign = try await call.outcome(chats, session.id, .bob)
            let missing = try await call.outcome(chats, SessionID(rawValue: "no-such-chat"), .bob)
            #expect(foreign == missing)
            #expect(foreign.hasPrefix("refused: ") == call.isRefused)

            #expect(try await chats.current(session) == before)
            #expect(try await chats.everyMessage(in: session).map(\.content) == ["Hello"])
            #expect(try await chats.everyChat(of: .bob).isEmpty)
            #expect(try await chats.removals(of: .ann).isEmpty)
        }
    }

    @Test("another user can't finish or list a removal", arguments: Store.all)
    func foreignRemoval(store: Store) async throws {
        try await store.open { chats in
            let session = try await chats.newChat()
            _ = try await chats.beginRemoval(of: session.id, of: .ann)
            try await chats.finishRemoval(of: session.id, of: .bob)
            #expect(try await chats.removals(of: .bob).isEmpty)
            #expect(try await chats.removals(of: .ann) == [session.id])
        }
    }

    @Test("users with similar IDs are distinguished byte for byte", arguments: Store.all)
    func similarUsers(store: Store) async throws {
        try await store.open { chats in
            let users = ["ann", "Ann", "ann ", "e\u{301}", "é"].map(UserID.init)
            for (number, user) in users.enumerated() { try await chats.newChat("\(number)", of: user) }
            for (number, user) in users.enumerated() {
                #expect(try await chats.everyChat(of: user).map(\.title) == ["\(number)"])
            }
        }
    }
}
