public import AgentEvents
public import FoundationEssentials

/// The stored state of a session, which is sufficient to continue in another process.
public struct RunRecord: Sendable, Hashable, Codable {
    public var sessionID: SessionID
    /// The owner of the session. The first run sets it, and each later run checks it.
    public var owner: UserID?
    /// The newest run.
    public var runID: RunID?
    public var status: RunStatus
    /// The run's input in addition to its messages, for an agent that needs it to resume.
    public var task: JSONValue?
    /// The JSON Schema of the result that the run's tasks are asked for.
    public var resultSchema: JSONValue?
    /// What the run has found for a result: the result, as far as it goes; for a task that waits, what pages have shown.
    public var findings: JSONValue?
    /// The conversation, with tool calls and results.
    public var transcript: [Message]
    /// The open turn, if calls of the transcript's last message have no results yet.
    public var openTurn: OpenTurn?
    /// The call that the run continues with, if it began with answers. Earlier calls belong to earlier runs.
    public var firstCall: String?
    /// The ids of the answered questions, newest last. Each answer can be used only once.
    public var answered: [InterruptID]?
    /// What the models used before the run began to wait for the user. A run that goes on adds to it.
    public var usage: TokenUsage?
    /// The browser that the run uses, if it can outlive the process.
    public var browser: BrowserReference?
    /// What the browser knew when the run began to wait for the user, encrypted. It goes with the question.
    public var browserMemory: JSONValue?
    /// The number of saves. A save is rejected if another writer saved first.
    public var version: Int
    /// The number of times that the session was acquired. Only the newest owner may write.
    public var leaseEpoch: Int

    public init(sessionID: SessionID) {
        self.sessionID = sessionID
        self.status = .completed
        self.transcript = []
        self.version = 0
        self.leaseEpoch = 0
    }

    /// Decodes a stored record.
    /// - Parameters:
    ///   - name: The record's name in error messages.
    ///   - owner: The owner, if the store knows it from elsewhere.
    /// - Throws: ``RunStoreError`` with code `unreadable`.
    public init(json: Data, of name: String, owner: UserID?) throws {
        struct Owned: Decodable { var owner: UserID? }
        do {
            self = try JSONDecoder().decode(Self.self, from: json)
        } catch {
            throw RunStoreError(
                .unreadable(owner: owner ?? (try? JSONDecoder().decode(Owned.self, from: json))?.owner),
                "\(name) cannot be read: \(error). Delete the chat to start anew.")
        }
    }

    /// The questions that the run waits for.
    public var interrupts: [Interrupt] { self.status == .interrupted ? self.openTurn?.interrupts ?? [] : [] }

    /// Whether the run has questions that can still be answered.
    public var isWaiting: Bool { !self.interrupts.isEmpty && !self.interrupts.contains(where: \.isExpired) }

    /// The results of the calls of a message. Call ids are unique only within a turn, because some models reuse them.
    package func results(ofMessage index: Int) -> [ToolResult] {
        index == self.transcript.indices.last ? self.openTurn?.results ?? [] : self.transcript[index + 1].toolResults
    }

    /// The conversation in the form that the turn loop uses.
    public var conversation: Conversation {
        get { Conversation(messages: self.transcript, openTurn: self.openTurn) }
        set {
            self.transcript = newValue.messages
            self.openTurn = newValue.openTurn
        }
    }
}

/// Stores run records.
public protocol RunStore: Sendable {
    /// Returns the current record without acquiring the session; `nil` if there is none.
    /// - Throws: ``RunStoreError``.
    func read(_ session: SessionID) async throws -> RunRecord?
    /// Acquires the session by saving this record with an incremented lease epoch, so that the previous owner can no
    /// longer save. The record is new, or was just read and then changed by the new owner.
    /// - Throws: ``RunStoreError`` with code `conflict` if another writer was first. In that case, read the record
    ///   again.
    func take(_ record: RunRecord) async throws -> RunRecord
    /// Saves the record and returns it with its new version.
    /// - Throws: ``RunStoreError`` with code `conflict` if another writer was first.
    func save(_ record: RunRecord) async throws -> RunRecord
    /// Removes the session's record and its pictures. A missing record is not an error. A process that has the record
    /// open can no longer save it.
    /// - Throws: ``RunStoreError``.
    func remove(_ session: SessionID) async throws
    /// Stores a picture of a step for later viewing. A failure does not affect the run.
    func keepPicture(_ jpeg: Data, named name: String, of session: SessionID) async
    /// Returns a stored picture as JPEG; `nil` if there is none.
    func picture(named name: String, of session: SessionID) async -> Data?
}

extension RunStore {
    /// Acquires the session as it is: returns its record, or a new one, with an incremented lease epoch.
    /// - Throws: ``RunStoreError``.
    public func open(_ session: SessionID) async throws -> RunRecord {
        // Another writer may save or acquire the session at the same moment. Read their record then, and acquire it
        // again.
        for _ in 0..<8 {
            let record = try await self.read(session) ?? RunRecord(sessionID: session)
            do {
                return try await self.take(record)
            } catch let error as RunStoreError where error.code == .conflict {}
        }
        throw RunStoreError(.conflict, "Session \(session) is being taken over by others all the time.")
    }
}

/// By default, a store does not store pictures.
extension RunStore {
    public func keepPicture(_ jpeg: Data, named name: String, of session: SessionID) async {}
    public func picture(named name: String, of session: SessionID) async -> Data? { nil }
}

/// An error from a run store.
public struct RunStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// Another process has acquired the session.
        case conflict
        /// The record cannot be read or written.
        case unusable
        /// The record cannot be decoded. The owner is included if at least that is known.
        case unreadable(owner: UserID?)
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
