import Conversations

extension ChatSession {
    /// - Parameter change: One that was checked.
    /// - Throws: ``ConversationError`` with code `busy`.
    mutating func apply(_ change: SessionChange) throws {
        switch change.run {
        case .begin(let run):
            if let current = self.run, current.state == .running, current.id != run.id {
                throw ConversationError(
                    .busy(current), "Run \(current.id) is at work in this chat. Wait for its end, or stop it.")
            }
            self.run = run
        case .end(let id, let next):
            if self.run?.id == id { self.run = next }
        case nil:
            break
        }
        if let title = change.title {
            self.title = title
            self.version += 1
            self.updatedAt = MessageTime.next(after: self.updatedAt)
        }
    }

    /// Counts a message that comes after all others.
    /// - Parameter excerpt: Its content's, which takes long to make of a large one.
    mutating func add(_ message: ChatMessage, excerpt: String) {
        self.lastMessageAt = message.time
        // A rename may have been on a clock that was ahead.
        self.updatedAt = max(self.updatedAt, message.time)
        self.messageCount += 1
        self.preview = excerpt
        if self.title.isEmpty, message.role == .user, message.kind == .text { self.title = excerpt }
    }
}
