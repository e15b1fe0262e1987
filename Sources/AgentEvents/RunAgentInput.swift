/// What AG-UI clients post to start a run. Members that we do not use are accepted and ignored.
public struct RunAgentInput: Sendable, Hashable, Decodable {
    public var threadId: SessionID
    public var runId: RunID
    public var messages: [Message]

    /// A message of the conversation, as the client knows it.
    public struct Message: Sendable, Hashable, Decodable {
        public var id: String
        public var role: String
        /// The message's text; the text parts joined where the content is a list.
        public var text: String

        private enum CodingKeys: String, CodingKey { case id, role, content }

        private struct Part: Decodable {
            var type: String
            var text: String?
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try container.decode(String.self, forKey: .id)
            self.role = try container.decode(String.self, forKey: .role)
            if let parts = try? container.decode([Part].self, forKey: .content) {
                self.text = parts.compactMap(\.text).joined(separator: "\n")
            } else {
                // Activity messages hold objects, assistant messages with tool calls hold nothing.
                self.text = (try? container.decode(String.self, forKey: .content)) ?? ""
            }
        }
    }

    /// The text of the newest message of the person.
    public var prompt: String? { self.messages.last { $0.role == "user" }?.text }
}
