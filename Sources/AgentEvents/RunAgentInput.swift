/// The body that AG-UI clients post to start a run. Members that this project doesn't use are accepted and ignored.
public struct RunAgentInput: Sendable, Hashable, Codable {
    public var threadId: SessionID
    public var runId: RunID
    public var messages: [Message]
    /// The answers with which the thread's run resumes.
    public var resume: [InterruptAnswer]

    /// A message of the conversation, as the client knows it.
    public struct Message: Sendable, Hashable, Codable {
        public var id: String
        public var role: String
        /// The message's text. If the content is a list, its text parts are joined.
        public var text: String

        public init(id: String, role: String, text: String) {
            self.id = id
            self.role = role
            self.text = text
        }

        private enum CodingKeys: String, CodingKey {
            case id, role
            case text = "content"
        }

        private struct Part: Decodable {
            var type: String
            var text: String?
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try container.decode(String.self, forKey: .id)
            self.role = try container.decode(String.self, forKey: .role)
            if let parts = try? container.decode([Part].self, forKey: .text) {
                self.text = parts.compactMap(\.text).joined(separator: "\n")
            } else {
                // Activity messages contain objects, and assistant messages with tool calls contain no text.
                self.text = (try? container.decode(String.self, forKey: .text)) ?? ""
            }
        }
    }

    public init(threadId: SessionID, runId: RunID, messages: [Message] = [], resume: [InterruptAnswer] = []) {
        self.threadId = threadId
        self.runId = runId
        self.messages = messages
        self.resume = resume
    }

    /// Creates the input for a run that starts with the user's text.
    public init(threadId: SessionID, runId: RunID, prompt: String) {
        self.init(threadId: threadId, runId: runId, messages: [Message(id: "1", role: "user", text: prompt)])
    }

    /// The text of the user's newest message.
    public var prompt: String? { self.messages.last { $0.role == "user" }?.text }

    private enum CodingKeys: String, CodingKey { case threadId, runId, messages, resume }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.threadId = try container.decode(SessionID.self, forKey: .threadId)
        self.runId = try container.decode(RunID.self, forKey: .runId)
        self.messages = try container.decode([Message].self, forKey: .messages)
        self.resume = try container.decodeIfPresent([InterruptAnswer].self, forKey: .resume) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.threadId, forKey: .threadId)
        try container.encode(self.runId, forKey: .runId)
        try container.encode(self.messages, forKey: .messages)
        if !self.resume.isEmpty { try container.encode(self.resume, forKey: .resume) }
    }
}
