public import AgentEvents

/// A chat, as its owner's list shows it. Its id is also that of the runtime session that its agents work in.
public struct ChatSession: Sendable, Hashable, Codable {
    public var id: SessionID
    public var owner: UserID
    /// Empty until the first message gives one.
    public var title: String
    public var createdAt: MessageTime
    /// When something was last said or renamed: the order of the list.
    public var updatedAt: MessageTime
    /// The newest message's time; each message comes after it.
    public var lastMessageAt: MessageTime
    public var messageCount: Int
    /// The beginning of what was said last.
    public var preview: String
    /// Counts the changes that the owner has made, so that two tabs notice each other.
    public var version: Int
    /// The run that is at work, or waits for the owner.
    public var run: ChatRun?

    /// A chat that begins now.
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
    }

    /// The most characters of a title.
    public static let longestTitle = 200
    /// The most characters of a title that is made of a message, and of a preview.
    public static let longestExcerpt = 80
    /// The most Unicode scalars of either, as a character may consist of any number of them.
    static let mostScalars = 2000

    /// A title, or what is looked for in titles, without its case. By way of the capitals, because only those are one for
    /// `ß` and `SS`, or for `σ` and `ς`.
    package static func folded(_ text: String) -> String { text.uppercased().lowercased() }

    /// The beginning of a text on one line, cut between words.
    public static func excerpt(_ text: String) -> String {
        let text = text.drop(while: \.isWhitespace)
        let beginning = String(text.unicodeScalars.prefix(Self.mostScalars))
        let isWhole = beginning.utf8.count == text.utf8.count
        let words = beginning.split(whereSeparator: \.isWhitespace)
        var excerpt = ""
        for (index, word) in words.enumerated() {
            let longer = excerpt.isEmpty ? String(word) : "\(excerpt) \(word)"
            // What is cut needs room for "…".
            let room = isWhole && index == words.count - 1 ? Self.longestExcerpt : Self.longestExcerpt - 1
            guard longer.count <= room else {
                return excerpt.isEmpty ? "\(word.prefix(Self.longestExcerpt - 1))…" : "\(excerpt)…"
            }
            excerpt = longer
        }
        return isWhole ? excerpt : "\(excerpt)…"
    }
}

/// The run that a chat has begun and that is not in its messages yet, or that waits for an answer.
public struct ChatRun: Sendable, Hashable, Codable {
    /// Where it stands.
    public enum State: String, Sendable, Codable {
        case running
        case waiting
    }

    public var id: RunID
    public var state: State
    /// The message that it answers, which is sent again should the runtime not have got it; none where it goes on
    /// with answers.
    public var messageID: String?
    public var since: MessageTime
    /// When it is too late for the first of its questions, where it waits.
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

/// What is to become of a chat beside its messages.
public struct SessionChange: Sendable, Hashable {
    /// What becomes of its run.
    public enum Run: Sendable, Hashable {
        /// A run begins. Refused with `busy` while another one is `running`; one that waits gives way.
        case begin(ChatRun)
        /// This run is over; one that waits may take its place. Nothing happens where the chat has another one by now.
        case end(RunID, then: ChatRun? = nil)
    }

    /// A new title, by the owner: it counts as a new version.
    public var title: String?
    public var run: Run?

    public init(title: String? = nil, run: Run? = nil) {
        self.title = title
        self.run = run
    }

    /// The change with its title as it is kept: without the white space around it.
    /// - Throws: ``ConversationError`` with code `invalid` for a title of no or too many characters.
    package func checked() throws -> SessionChange {
        guard let title = self.title else { return self }
        let trimmed = String(title.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        let scalars = trimmed.unicodeScalars.count
        guard (1...ChatSession.longestTitle).contains(trimmed.count), scalars <= ChatSession.mostScalars else {
            throw ConversationError(
                .invalid,
                "A title has 1 to \(ChatSession.longestTitle) characters, not \(trimmed.count), and at most "
                    + "\(ChatSession.mostScalars) code points, not \(scalars).")
        }
        var checked = self
        checked.title = trimmed
        return checked
    }
}
