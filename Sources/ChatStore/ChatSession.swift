public import AgentEvents

/// A chat, as its owner's list shows it. Its ID is also that of its agents' runtime session.
public struct ChatSession: Sendable, Hashable, Codable {
    public var id: SessionID
    public var owner: UserID
    /// Empty until the first user message sets it.
    public var title: String
    public var createdAt: MessageTime
    /// When the chat last received a message or was renamed. The list is sorted by this.
    public var updatedAt: MessageTime
    /// The time of the newest message. Each new message comes after it.
    public var lastMessageAt: MessageTime
    public var messageCount: Int
    /// The beginning of the last message.
    public var preview: String
    /// Incremented by each of the owner's changes, so that two tabs detect conflicting changes.
    public var version: Int
    /// Where its owner keeps it. The owner's next message brings an archived chat back to the list.
    public var placement: Placement
    /// The run that is in progress or waits for the owner.
    public var run: ChatRun?

    /// Creates a new chat.
    public init(id: SessionID, owner: UserID, title: String = "", createdAt: MessageTime) {
        self.id = id
        self.owner = owner
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = createdAt
        self.lastMessageAt = createdAt
        self.messageCount = 0
        self.preview = ""
        self.version = 1
        self.placement = .list
    }

    /// Where a user keeps a chat.
    public enum Placement: String, Sendable, Codable {
        case list
        /// At the top of the list.
        case pinned
        /// Put away: only searches and the list of archived chats show it.
        case archived
    }

    /// The maximum length of a title, in characters.
    public static let longestTitle = 200
    /// The maximum length of a preview, and of a title taken from a message, in characters.
    public static let longestExcerpt = 80
    /// The maximum length of either, in Unicode scalars, because a character may consist of any number of them.
    static let mostScalars = 2000

    /// Folds the case of a title or a search text. Uppercases first, because only uppercase unifies `ß` with `SS` and
    /// `σ` with `ς`.
    /// `ß` and `SS`, or for `σ` and `ς`.
    package static func folded(_ text: String) -> String { text.uppercased().lowercased() }

    /// A title for a chat that begins with this message: an address in it is shortened to its host, and what only opens
    /// a page before the task is left out.
    public static func title(of message: String) -> String {
        let beginning = String(message.unicodeScalars.prefix(Self.mostScalars))
        guard beginning.contains("://") else { return Self.excerpt(message) }
        var words = beginning.split(whereSeparator: \.isWhitespace).map(String.init)
        let opening = ["open", "visit", "buka"]
        if words.count > 2, opening.contains(words[0].lowercased()), Self.host(in: words[1]) != nil {
            words.removeFirst(2)
            let joining: Set = ["and", "then", "dan", "kemudian"]
            while words.count > 1, joining.contains(words[0].lowercased()) { words.removeFirst() }
            words[0] = words[0].prefix(1).uppercased() + words[0].dropFirst()
        }
        let title = words.map { Self.host(in: $0) ?? $0 }.joined(separator: " ")
        return Self.excerpt(title)
    }

    /// The host of a word that is a web address, with the punctuation behind it.
    private static func host(in word: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: word.hasPrefix) else { return nil }
        let host = word.dropFirst(scheme.count).prefix { !"/?#:,;".contains($0) }
        return host.isEmpty ? nil : host + (word.last.map { ",;".contains($0) ? String($0) : "" } ?? "")
    }

    /// The beginning of a text as a single line, cut between words.
    public static func excerpt(_ text: String) -> String {
        let text = text.drop(while: \.isWhitespace)
        let beginning = String(text.unicodeScalars.prefix(Self.mostScalars))
        let isWhole = beginning.utf8.count == text.utf8.count
        let words = beginning.split(whereSeparator: \.isWhitespace)
        var excerpt = ""
        for (index, word) in words.enumerated() {
            let longer = excerpt.isEmpty ? String(word) : "\(excerpt) \(word)"
            // A truncated excerpt needs room for "…".
            let room = isWhole && index == words.count - 1 ? Self.longestExcerpt : Self.longestExcerpt - 1
            guard longer.count <= room else {
                return excerpt.isEmpty ? "\(word.prefix(Self.longestExcerpt - 1))…" : "\(excerpt)…"
            }
            excerpt = longer
        }
        return isWhole ? excerpt : "\(excerpt)…"
    }
}

/// A chat's run that isn't yet in its messages, or that waits for an answer.
public struct ChatRun: Sendable, Hashable, Codable {
    /// The state of the run.
    public enum State: String, Sendable, Codable {
        case running
        case waiting
    }

    public var id: RunID
    public var state: State
    /// The message that the run answers, which is resent if it didn't reach the runtime; `nil` if the run continues
    /// with answers.
    public var messageID: String?
    public var since: MessageTime
    /// When the first of a waiting run's questions expires.
    public var expiresAt: MessageTime?

    public init(
        id: RunID, state: State = .running, messageID: String? = nil, since: MessageTime,
        expiresAt: MessageTime? = nil
    ) {
        self.id = id
        self.state = state
        self.messageID = messageID
        self.since = since
        self.expiresAt = expiresAt
    }
}

/// A change to a chat, other than its messages.
public struct SessionChange: Sendable, Hashable {
    /// A change to the chat's run.
    public enum Run: Sendable, Hashable {
        /// Starts a run. Fails with `busy` if another run is `running`; replaces a run that waits.
        case begin(ChatRun)
        /// Ends a run, which a waiting run may replace. Has no effect if the chat has another run by now.
        case end(RunID, then: ChatRun? = nil)
    }

    /// A new title, set by the owner. Increments the version.
    public var title: String?
    /// A new place, chosen by the owner. Changes neither the version nor the time of the last change.
    public var placement: ChatSession.Placement?
    public var run: Run?

    public init(title: String? = nil, placement: ChatSession.Placement? = nil, run: Run? = nil) {
        self.title = title
        self.placement = placement
        self.run = run
    }

    /// Validates the change, and trims white space from its title.
    /// - Throws: ``ChatStoreError`` with code `invalid` if the title is empty or too long.
    package func checked() throws -> SessionChange {
        guard let title = self.title else { return self }
        let trimmed = String(title.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        let scalars = trimmed.unicodeScalars.count
        guard (1...ChatSession.longestTitle).contains(trimmed.count), scalars <= ChatSession.mostScalars else {
            throw ChatStoreError(
                .invalid,
                "A title has 1 to \(ChatSession.longestTitle) characters, not \(trimmed.count), and at most "
                    + "\(ChatSession.mostScalars) code points, not \(scalars).")
        }
        var checked = self
        checked.title = trimmed
        return checked
    }
}
