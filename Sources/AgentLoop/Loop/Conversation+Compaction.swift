import AgentEvents

extension Conversation {
    /// What is kept of a message that is summed up, in characters.
    private static let kept = 300

    /// Sums up the oldest messages once the conversation has outgrown a model's window, to half of that, so that it
    /// happens seldom: each time a provider's cache of the conversation is lost.
    ///
    /// The first message stays, and a call is never parted from its result.
    /// - Parameter limit: In characters.
    /// - Returns: How many messages have gone.
    mutating func compact(to limit: Int) -> Int {
        let sizes = self.messages.map(\.size)
        var total = sizes.reduce(0, +)
        guard total > limit, self.messages.count > 3 else { return 0 }
        // The last exchange stays in any case; what is kept begins with an assistant's message.
        let ends = self.messages.indices.dropFirst(2).dropLast(2).filter { self.messages[$0].role == .assistant }
        var end: Int?
        var counted = 1
        for candidate in ends {
            total -= sizes[counted..<candidate].reduce(0, +)
            counted = candidate
            end = candidate
            if total <= limit / 2 { break }
        }
        guard let end else { return 0 }
        let lines = self.summary(of: self.messages[1..<end])
        self.messages[0].content.append(
            .text("(What happened next, summed up because it was long:\n\(lines.joined(separator: "\n")))"))
        self.messages.removeSubrange(1..<end)
        return end - 1
    }

    private func summary(of messages: ArraySlice<Message>) -> [String] {
        // Not what came of them in words: that may be a page's, and would lose its marks.
        let failed = Set(messages.flatMap(\.toolResults).filter(\.isError).map(\.callID))
        return messages.flatMap { message -> [String] in
            let said =
                message.text.isEmpty
                ? [] : ["\(message.role == .user ? "Person" : "You"): \(message.text.prefix(Self.kept))"]
            return said
                + message.toolCalls.map { call in
                    "You called \(call.name) \(call.input.json.prefix(Self.kept)): \(failed.contains(call.id) ? "failed" : "done")"
                }
        }
    }
}
