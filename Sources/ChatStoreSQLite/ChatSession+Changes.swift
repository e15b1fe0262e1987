import ChatStore

extension ChatSession {
    /// Applies a change.
    /// - Parameter change: A validated change.
    /// - Throws: ``ChatStoreError`` with code `busy` if another run is in progress.
    mutating func apply(_ change: SessionChange) throws {
        switch change.run {
        case .begin(let run):
            if let current = self.run, current.state == .running, current.id != run.id {
                throw ChatStoreError(
                    .busy(current), "Run \(current.id) is running in this chat. Wait for its end, or stop it.")
            }
            self.run = run
        case .end(let id, let next):
            if self.run?.id == id { self.run = next }
        case nil:
            break
        }
        if let placement = change.placement { self.placement = placement }
        if let title = change.title {
            self.title = title
            self.version += 1
            self.updatedAt = MessageTime.next(after: self.updatedAt)
        }
    }

    /// Updates the chat for a message appended to it.
    /// - Parameter excerpt: The excerpt of its content, passed in because creating it is slow for large messages.
    mutating func add(_ message: ChatMessage, excerpt: String) {
        self.lastMessageAt = message.time
        // A rename may have used a clock that was ahead.
        self.updatedAt = max(self.updatedAt, message.time)
        self.messageCount += 1
        self.preview = excerpt
        if self.placement == .archived, message.role == .user { self.placement = .list }
        if self.title.isEmpty, message.role == .user, message.kind == .text {
            self.title = Self.title(of: message.content)
        }
    }
}
