import AgentEvents
import Conversations
import ConversationsSQLite
import FoundationEssentials
import Logging
import Settings
import Testing

@testable import Backend

@Suite("Runs of chats", .timeLimit(.minutes(1)))
struct ChatRunsTests {
    /// Tells what is logged.
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

    @Test("each chat whose removal was begun is tried, also after one that could not be removed")
    func sweepGoesOn() async throws {
        let folder = "\(FileManager.default.temporaryDirectory.path)/chat-runs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteConversations(path: "\(folder)/chats.sqlite")
        let ann = UserID(rawValue: "ann")
        for name in ["one", "two", "three"] {
            let id = SessionID(rawValue: name)
            try await store.create(ChatSession(id: id, owner: ann, createdAt: .now))
            _ = try await store.beginRemoval(of: id, of: ann)
        }
        // Nothing listens there, so none can be removed.
        var nowhere = BackendSettings.Runtime()
        nowhere.url = "http://127.0.0.1:1"
        let runtime = try RuntimeConnection(nowhere) { throw RuntimeFailure(.refused, "There is no AWS here.") }
        let (heard, listener) = AsyncStream.makeStream(of: String.self)
        let runs = ChatRuns(
            store: store, runtime: runtime, logger: Logger(label: "test") { _ in Listener(listener) })
        let running = Task { try await runs.run() }
        defer { running.cancel() }
        await runs.sweep(for: Caller(user: ann))
        // Ends early only where the time limit cancels it.
        let told = await heard.prefix(3).reduce(into: [String]()) { $0.append($1) }
        #expect(told == Array(repeating: "A chat's removal is not finished yet", count: 3))
    }
}
