import AgentEvents
import ChatStore
import FoundationEssentials
import Testing

extension UserID {
    static let ann = UserID(rawValue: "ann")
    static let bob = UserID(rawValue: "bob")
}

extension RunID {
    static let first = RunID(rawValue: "run-1")
    static let second = RunID(rawValue: "run-2")
}

extension ChatRun {
    static func running(_ id: RunID) -> ChatRun {
        ChatRun(id: id, messageID: "m-\(id)", since: MessageTime(rawValue: 7))
    }

    static func waiting(_ id: RunID) -> ChatRun {
        ChatRun(
            id: id, state: .waiting, since: MessageTime(rawValue: 7), expiresAt: MessageTime(rawValue: 9))
    }
}

extension SessionChange {
    static func begin(_ id: RunID) -> SessionChange { SessionChange(run: .begin(.running(id))) }
    static func end(_ id: RunID, then next: ChatRun? = nil) -> SessionChange {
        SessionChange(run: .end(id, then: next))
    }
}

extension MessageDraft {
    static func user(_ text: String, id: String = UUID().uuidString) -> MessageDraft {
        MessageDraft(id: id, role: .user, content: text)
    }

    static func assistant(_ text: String, id: String = UUID().uuidString) -> MessageDraft {
        MessageDraft(id: id, role: .assistant, content: text)
    }
}

extension ChatStore {
    /// Creates a chat that belongs to Ann, unless another user is given.
    @discardableResult
    func newChat(_ title: String = "", of user: UserID = .ann, at time: MessageTime = .now) async throws -> ChatSession
    {
        let session = ChatSession(
            id: SessionID(rawValue: UUID().uuidString.lowercased()), owner: user, title: title, createdAt: time)
        try await self.create(session)
        return session
    }

    @discardableResult
    func append(_ draft: MessageDraft, to session: ChatSession) async throws -> AppendedMessage {
        try await self.append(draft, to: session.id, of: session.owner, SessionChange())
    }

    @discardableResult
    func change(_ session: ChatSession, _ change: SessionChange) async throws -> ChatSession {
        try await self.change(session.id, of: session.owner, ifVersion: nil, change)
    }

    func current(_ session: ChatSession) async throws -> ChatSession {
        try await self.session(session.id, of: session.owner)
    }

    /// Returns all messages of a chat, oldest first, by reading page after page from the newest on.
    func everyMessage(in session: ChatSession, limit: Int = 100) async throws -> [ChatMessage] {
        var messages: [ChatMessage] = []
        var hasOlder = true
        while hasOlder {
            let page = try await self.messages(
                in: session.id, of: session.owner, limit: limit, before: messages.first?.time)
            #expect(page.messages.count == limit || !page.hasOlder)
            messages = page.messages + messages
            hasOlder = page.hasOlder && !page.messages.isEmpty
        }
        return messages
    }

    /// Returns all chats of a user, by reading page after page.
    func everyChat(
        of user: UserID = .ann, matching words: String? = nil, archived: Bool? = nil, limit: Int = 100,
        afterPage: () async throws -> Void = {}
    ) async throws -> [ChatSession] {
        var sessions: [ChatSession] = []
        var position: SessionPosition?
        repeat {
            let page = try await self.sessions(
                of: user, matching: words, archived: archived, limit: limit, after: position)
            #expect(page.sessions.count == limit || page.next == nil)
            sessions += page.sessions
            position = page.next
            try await afterPage()
        } while position != nil
        return sessions
    }
}

/// Returns the error code of a rejected call, or `nil` if the call succeeds.
func refusal<Result>(_ call: () async throws -> Result) async throws -> ChatStoreError.Code? {
    do {
        _ = try await call()
        return nil
    } catch let error as ChatStoreError {
        #expect(!error.message.isEmpty)
        return error.code
    }
}
