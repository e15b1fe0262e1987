/// The body that AG-UI clients post to start a run. Members that this project doesn't use are accepted and ignored.
public struct RunAgentInput: Sendable, Hashable, Codable {
    public var threadId: SessionID
    public var runId: RunID
    public var messages: [Message]
    /// The answers with which the thread's run resumes.
    public var resume: [InterruptAnswer]
    /// What the client has to say beside AG-UI's members. `recipe` chooses a recipe.
    public var forwardedProps: JSONValue?

    /// A message of the conversation, as the client knows it.
    public struct Message: Sendable, Hashable, Codable {
        public var id: String
        public var role: String
        /// The message's text. If the content is a list, its text parts are joined.
        public var text: String
        /// The parts of the content that are files.
        public var files: [File]

        public init(id: String, role: String, text: String, files: [File] = []) {
            self.id = id
            self.role = role
            self.text = text
            self.files = files
        }

        /// Where the content of a file is.
        public enum File: Sendable, Hashable {
            /// The session has the file under this id.
            case kept(id: String)
            /// The content in Base64, with the name if the client says one, and the media type that it claims.
            case inline(base64: String, name: String?, type: String?)
            /// At an address, which isn't fetched: it could be one that only this machine can reach.
            case address(String)
            /// In a form that isn't known.
            case unknown(String)
        }

        private enum CodingKeys: String, CodingKey {
            case id, role
            case text = "content"
        }

        /// A part of a list (AG-UI 1.0). Files have the types `image`, `audio`, `video`, and `document`.
        private struct Part: Codable {
            struct Source: Codable {
                var type: String
                var value: String
                var mimeType: String?
            }
            struct Metadata: Codable { var filename: String? }
            var type: String
            var text: String?
            var source: Source?
            var metadata: Metadata?

            var file: File? {
                switch self.source?.type {
                case "file": self.source.map { .kept(id: $0.value) }
                case "data":
                    self.source.map {
                        .inline(base64: $0.value, name: self.metadata?.filename, type: $0.mimeType)
                    }
                case "url": self.source.map { .address($0.value) }
                default: self.type == "text" ? nil : .unknown(self.type)
                }
            }

            init(text: String) {
                self.type = "text"
                self.text = text
            }

            init(_ file: File) {
                self.type = "document"
                switch file {
                case .kept(let id): self.source = Source(type: "file", value: id)
                case .inline(let content, let name, let type):
                    self.source = Source(type: "data", value: content, mimeType: type)
                    self.metadata = name.map { Metadata(filename: $0) }
                case .address(let address): self.source = Source(type: "url", value: address)
                case .unknown(let type): self.type = type
                }
            }
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try container.decode(String.self, forKey: .id)
            self.role = try container.decode(String.self, forKey: .role)
            if let parts = try? container.decode([Part].self, forKey: .text) {
                self.text = parts.compactMap(\.text).joined(separator: "\n")
                self.files = parts.compactMap(\.file)
            } else {
                self.files = []
                // Activity messages contain objects, and assistant messages with tool calls contain no text.
                self.text = (try? container.decode(String.self, forKey: .text)) ?? ""
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self.id, forKey: .id)
            try container.encode(self.role, forKey: .role)
            guard !self.files.isEmpty else { return try container.encode(self.text, forKey: .text) }
            try container.encode([Part(text: self.text)] + self.files.map { Part($0) }, forKey: .text)
        }
    }

    public init(threadId: SessionID, runId: RunID, messages: [Message] = [], resume: [InterruptAnswer] = []) {
        self.threadId = threadId
        self.runId = runId
        self.messages = messages
        self.resume = resume
    }

    /// Creates the input for a run that starts with the user's text, and the session's files with these ids.
    public init(
        threadId: SessionID, runId: RunID, prompt: String, files: [String] = [], forwardedProps: JSONValue? = nil
    ) {
        let message = Message(id: "1", role: "user", text: prompt, files: files.map { .kept(id: $0) })
        self.init(threadId: threadId, runId: runId, messages: [message])
        self.forwardedProps = forwardedProps
    }

    /// The text of the user's newest message.
    public var prompt: String? { self.newest?.text }

    /// The files of the user's newest message.
    public var files: [Message.File] { self.newest?.files ?? [] }

    private var newest: Message? { self.messages.last { $0.role == "user" } }

    private enum CodingKeys: String, CodingKey { case threadId, runId, messages, resume, forwardedProps }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.threadId = try container.decode(SessionID.self, forKey: .threadId)
        self.runId = try container.decode(RunID.self, forKey: .runId)
        self.messages = try container.decode([Message].self, forKey: .messages)
        self.resume = try container.decodeIfPresent([InterruptAnswer].self, forKey: .resume) ?? []
        self.forwardedProps = try container.decodeIfPresent(JSONValue.self, forKey: .forwardedProps)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.threadId, forKey: .threadId)
        try container.encode(self.runId, forKey: .runId)
        try container.encode(self.messages, forKey: .messages)
        if !self.resume.isEmpty { try container.encode(self.resume, forKey: .resume) }
        try container.encodeIfPresent(self.forwardedProps, forKey: .forwardedProps)
    }
}
