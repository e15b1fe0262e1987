public import AgentEvents
public import FoundationEssentials

/// What is kept of a session: enough to go on in another process.
public struct RunRecord: Sendable, Hashable, Codable {
    public var sessionID: SessionID
    /// Who the session belongs to; set by the first run and checked by each later one.
    public var owner: UserID?
    /// The newest run.
    public var runID: RunID?
    public var status: RunStatus
    /// What the run was given beside its messages, for an agent that needs it to go on.
    public var task: JSONValue?
    /// The conversation, with tool calls and results.
    public var transcript: [Message]
    /// Calls of the transcript's last message that have no results in it yet.
    public var openTurn: OpenTurn?
    /// The questions that were answered, newest last: an answer counts once.
    public var answered: [InterruptID]?
    /// The browser that the run uses, where it may outlive the process.
    public var browser: BrowserReference?
    /// Counts the saves; a save is refused when another writer was first.
    public var version: Int
    /// Counts the processes that have opened the session; only the newest may write.
    public var leaseEpoch: Int

    public init(sessionID: SessionID) {
        self.sessionID = sessionID
        self.status = .completed
        self.transcript = []
        self.version = 0
        self.leaseEpoch = 0
    }

    /// Reads a record as a store has kept it.
    /// - Parameters:
    ///   - name: What a failure calls it.
    ///   - owner: Whose it is, where the store knows that besides.
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

    /// What the run waits for.
    public var interrupts: [Interrupt] { self.status == .interrupted ? self.openTurn?.interrupts ?? [] : [] }

    /// Whether its questions can still be answered.
    public var isWaiting: Bool { !self.interrupts.isEmpty && !self.interrupts.contains(where: \.isExpired) }

    /// The conversation as the turn loop works on it.
    public var conversation: Conversation {
        get { Conversation(messages: self.transcript, openTurn: self.openTurn) }
        set {
            self.transcript = newValue.messages
            self.openTurn = newValue.openTurn
        }
    }
}

/// Keeps run records.
public protocol RunStore: Sendable {
    /// The record as it stands, without taking the session over; `nil` where there is none.
    /// - Throws: ``RunStoreError``.
    func read(_ session: SessionID) async throws -> RunRecord?
    /// Takes the session over with this record, which is as it was read but for what the new owner changes, or new: saves
    /// it with its lease epoch raised, so that whoever had the session before can save it no more.
    /// - Throws: ``RunStoreError`` with code `conflict` when another writer was first: read it again.
    func take(_ record: RunRecord) async throws -> RunRecord
    /// Saves the record and returns it with its new version.
    /// - Throws: ``RunStoreError`` with code `conflict` when another writer was first.
    func save(_ record: RunRecord) async throws -> RunRecord
    /// Removes the session's record and its pictures; one that is not there is no failure. Who has the record open can
    /// save it no more.
    /// - Throws: ``RunStoreError``.
    func remove(_ session: SessionID) async throws
    /// Keeps a picture of a step for people to look at later. What goes wrong with that fails no run.
    func keepPicture(_ jpeg: Data, named name: String, of session: SessionID) async
    /// A picture that was kept, in JPEG; `nil` where there is none.
    func picture(named name: String, of session: SessionID) async -> Data?
}

extension RunStore {
    /// Takes the session over as it is: returns its record, or a new one, with its lease epoch raised.
    /// - Throws: ``RunStoreError``.
    public func open(_ session: SessionID) async throws -> RunRecord {
        // Somebody else may save or take it at the same moment; then theirs is read, and ours is newer.
        for _ in 0..<8 {
            let record = try await self.read(session) ?? RunRecord(sessionID: session)
            do {
                return try await self.take(record)
            } catch let error as RunStoreError where error.code == .conflict {}
        }
        throw RunStoreError(.conflict, "Session \(session) is being taken over by others all the time.")
    }
}

/// A store keeps no pictures unless it says how.
extension RunStore {
    public func keepPicture(_ jpeg: Data, named name: String, of session: SessionID) async {}
    public func picture(named name: String, of session: SessionID) async -> Data? { nil }
}

/// What went wrong with a run record.
public struct RunStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// Another process has taken the session over.
        case conflict
        /// The record cannot be read or written.
        case unusable
        /// There is a record, and it makes no sense to this program; whose it is, where at least that can be told.
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
