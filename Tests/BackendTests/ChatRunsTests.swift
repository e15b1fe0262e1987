import AgentEvents
import ChatStore
import ChatStoreSQLite
import FoundationEssentials
import Logging
import Settings
import Testing

@testable import Backend

@Suite("Chat runs", .timeLimit(.minutes(15)))
struct ChatRunsTests {
    /// A log handler that passes each message to the test.
    private struct Listener: LogHandler {
        let heard: AsyncStream<String>.Continuation
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        init(_ heard: AsyncStream<String>.Continuation) { self.heard = heard }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.heard.yield("\(event.message)") }
    }

    /// A chat store in which a run parks just after the first read.
    private struct ParkingStore: ChatStore {
        let inner: SQLiteChatStore
        let run: ChatRun

        func session(_ id: SessionID, of user: UserID) async throws -> ChatSession {
            let seen = try await self.inner.session(id, of: user)
            let waiting = ChatRun(id: self.run.id, state: .waiting, since: .now)
            try await self.inner.change(
                id, of: user, ifVersion: nil, SessionChange(run: .end(self.run.id, then: waiting)))
            return seen
        }

        func create(_ session: ChatSession) async throws { try await self.inner.create(session) }
        func sessions(
            of user: UserID, matching words: String?, archived: Bool?, limit: Int, after position: SessionPosition?
        ) async throws -> SessionPage {
            try await self.inner.sessions(of: user, matching: words, archived: archived, limit: limit, after: position)
        }
        func change(
            _ id: SessionID, of user: UserID, ifVersion version: Int?, _ change: SessionChange
        ) async throws -> ChatSession {
            try await self.inner.change(id, of: user, ifVersion: version, change)
        }
        func append(
            _ draft: MessageDraft, to id: SessionID, of user: UserID, _ change: SessionChange
        ) async throws -> AppendedMessage { try await self.inner.append(draft, to: id, of: user, change) }
        func messages(
            in id: SessionID, of user: UserID, limit: Int, before time: MessageTime?
        ) async throws -> MessagePage { try await self.inner.messages(in: id, of: user, limit: limit, before: time) }
        func message(_ id: String, in session: SessionID, of user: UserID) async throws -> ChatMessage? {
            try await self.inner.message(id, in: session, of: user)
        }
        func beginRemoval(of id: SessionID, of user: UserID) async throws -> Bool {
            try await self.inner.beginRemoval(of: id, of: user)
        }
        func finishRemoval(of id: SessionID, of user: UserID) async throws {
            try await self.inner.finishRemoval(of: id, of: user)
        }
        func removals(of user: UserID) async throws -> [SessionID] { try await self.inner.removals(of: user) }
        func secret() async throws -> [UInt8] { try await self.inner.secret() }
        func check() async throws { try await self.inner.check() }
    }

    @Test("an answer that arrives before the store has the question isn't refused as busy")
    func quickAnswer() async throws {
        let folder = "\(FileManager.default.temporaryDirectory.path)/chat-runs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let inner = try SQLiteChatStore(path: "\(folder)/chats.sqlite")
        let ann = UserID(rawValue: "ann")
        let chat = SessionID(rawValue: "chat")
        let run = ChatRun(id: RunID(rawValue: "r"), since: .now)
        try await inner.create(ChatSession(id: chat, owner: ann, createdAt: .now))
        try await inner.change(chat, of: ann, ifVersion: nil, SessionChange(run: .begin(run)))
        // Nothing listens at this address, so an answer that passes fails there.
        var nowhere = BackendSettings.Runtime()
        nowhere.url = "http://127.0.0.1:1"
        let runtime = try RuntimeConnection(nowhere) { throw RuntimeFailure(.refused, "There is no AWS here.") }
        let runs = ChatRuns(
            store: ParkingStore(inner: inner, run: run), runtime: runtime, firstTimeout: .milliseconds(100),
            logger: Logger(label: "test"))
        let running = Task { try await runs.run() }
        defer { running.cancel() }
        await #expect(throws: RuntimeFailure.self) {
            try await runs.answer(
                [InterruptAnswer(interruptId: InterruptID(rawValue: "i"), status: .cancelled)], in: chat,
                for: Caller(user: ann))
        }
    }

    @Test("each started removal is attempted, even after one fails")
    func sweepGoesOn() async throws {
        let folder = "\(FileManager.default.temporaryDirectory.path)/chat-runs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteChatStore(path: "\(folder)/chats.sqlite")
        let ann = UserID(rawValue: "ann")
        for name in ["one", "two", "three"] {
            let id = SessionID(rawValue: name)
            try await store.create(ChatSession(id: id, owner: ann, createdAt: .now))
            _ = try await store.beginRemoval(of: id, of: ann)
        }
        // Nothing listens on this port, so every removal fails.
        var nowhere = BackendSettings.Runtime()
        nowhere.url = "http://127.0.0.1:1"
        let runtime = try RuntimeConnection(nowhere) { throw RuntimeFailure(.refused, "There is no AWS here.") }
        let (heard, listener) = AsyncStream.makeStream(of: String.self)
        let runs = ChatRuns(
            store: store, runtime: runtime, logger: Logger(label: "test") { _ in Listener(listener) })
        let running = Task { try await runs.run() }
        defer { running.cancel() }
        await runs.sweep(for: Caller(user: ann))
        // The stream ends early only if the time limit cancels the test.
        let told = await heard.prefix(3).reduce(into: [String]()) { $0.append($1) }
        #expect(told == Array(repeating: "A chat's removal is not finished yet", count: 3))
    }
}
