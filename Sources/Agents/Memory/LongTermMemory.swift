public import AgentEvents
public import AgentLoop
import Logging
public import RuntimeProtocol

/// Facts about a user across sessions. They are context for the model and never the source of truth. If the memory
/// fails, a turn continues without them.
public protocol LongTermMemory: Sendable {
    /// Returns the facts that may matter for an answer to `query`, most relevant first.
    func recall(_ query: String, for user: UserID, in session: SessionID) async throws -> [String]
    /// Passes on the messages of a turn, for memories that extract facts on their own.
    func remember(_ messages: [Message], of user: UserID, in session: SessionID) async throws
    /// Stores a fact that the user wants remembered.
    func keep(_ fact: String, of user: UserID, in session: SessionID) async throws
    /// Returns everything that is remembered about a user.
    func list(for user: UserID) async throws -> [RememberedFact]
    /// Deletes a fact and returns whether it existed.
    func forget(_ id: String, of user: UserID) async throws -> Bool
    /// Deletes all facts about a user.
    func forgetAll(of user: UserID) async throws
    /// Deletes the messages of a session, if the memory stores them. Facts about the user remain.
    func forget(session: SessionID, of user: UserID) async throws
}

/// By default, a memory stores no messages of a session, so there is nothing to delete.
extension LongTermMemory {
    public func forget(session: SessionID, of user: UserID) async throws {}

    public func forgetAll(of user: UserID) async throws {
        for fact in try await self.list(for: user) { _ = try await self.forget(fact.id, of: user) }
    }
}

/// An error for a memory that did not answer in time.
private struct MemoryTooSlow: Error, CustomStringConvertible {
    let description = "It did not answer within 5 seconds."
}

/// An error for messages of a session, or facts about a user, that could not be deleted.
struct MemoryNotForgotten: CodedError, CustomStringConvertible {
    let code = "memory"
    let reason: any Error

    var description: String { "What is remembered cannot be forgotten now: \(self.reason) Try again later." }
}

/// Wraps a memory so that it never blocks a turn: what a turn calls has a timeout, and failures are only logged.
struct MemoryAccess: Sendable {
    /// The most characters of the prompt that recalled texts may take.
    private static let budget = 8000
    private static let timeout = Duration.seconds(5)

    let memory: (any LongTermMemory)?
    let logger: Logger

    /// Returns the recalled facts as a block to insert before the user's message; `nil` if there are none.
    func context(for query: String, _ user: UserID?, _ session: SessionID) async -> String? {
        guard let memory, let user else { return nil }
        var left = Self.budget
        let texts = await self.bounded("recall") { try await memory.recall(query, for: user, in: session) } ?? []
        let lines = texts.filter { text in
            guard text.count <= left else { return false }
            left -= text.count
            return true
        }
        guard !lines.isEmpty else { return nil }
        return UserContext.block(of: lines)
    }

    func remember(_ prompt: String, answer: String, _ user: UserID?, _ session: SessionID) async {
        guard let memory, let user, !answer.isEmpty else { return }
        _ = await self.bounded("remember") {
            try await memory.remember([.user(prompt), .assistant(answer)], of: user, in: session)
        }
    }

    /// Deletes the messages of a session. Unlike the other calls, this one reports failures, because the user must know
    /// if the messages could not be deleted.
    func forget(_ session: SessionID, of user: UserID?) async throws {
        guard let memory, let user else { return }
        do {
            try await memory.forget(session: session, of: user)
        } catch {
            throw MemoryNotForgotten(reason: error)
        }
    }

    /// Returns everything that is remembered about a user; `nil` if there is no memory, or it can't be read.
    func facts(of user: UserID?) async -> [RememberedFact]? {
        guard let memory, let user else { return nil }
        return await self.bounded("list") { try await memory.list(for: user) }
    }

    /// Deletes a fact, or all facts if `id` is `nil`. Reports failures, as ``forget(_:of:)`` does.
    func forget(fact id: String?, of user: UserID?) async throws {
        guard let memory, let user else { return }
        do {
            if let id { _ = try await memory.forget(id, of: user) } else { try await memory.forgetAll(of: user) }
        } catch {
            throw MemoryNotForgotten(reason: error)
        }
    }

    private func bounded<Result: Sendable>(
        _ what: String, _ body: @escaping @Sendable () async throws -> Result
    ) async -> Result? {
        do {
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: Self.timeout)
                    throw MemoryTooSlow()
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            self.logger.warning(
                "The memory failed; the turn goes on", metadata: ["to": "\(what)", "error": "\(error)"])
            return nil
        }
    }
}
