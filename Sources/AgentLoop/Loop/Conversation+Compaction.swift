import AgentEvents

extension Conversation {
    /// The name of the tool whose calls only keep a fact. A summary repeats them in full.
    package static let noteTool = "note"

    /// How many characters of a summarized message to keep.
    private static let kept = 300

    /// Summarizes the oldest messages once the conversation exceeds a limit, and shrinks it to half of that limit.
    /// Compaction should be rare, because each one invalidates the provider's cache of the conversation.
    ///
    /// The first message is kept, and a call always stays with its result.
    /// - Parameter limit: The limit, in characters.
    /// - Returns: The number of removed messages.
    mutating func compact(to limit: Int) -> Int {
        let sizes = self.messages.map(\.size)
        var total = sizes.reduce(0, +)
        guard total > limit, self.messages.count > 3 else { return 0 }
        // Always keep the last exchange. The kept part starts with an assistant message.
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
        // Leave out the results' text: it may come from a page and would lose its marks.
        let failed = Set(messages.flatMap(\.toolResults).filter(\.isError).map(\.callID))
        return messages.flatMap { message -> [String] in
            let said =
                message.text.isEmpty
                ? [] : ["\(message.role == .user ? "Person" : "You"): \(message.text.prefix(Self.kept))"]
            return said
                + message.toolCalls.map { call in
                    if call.name == Self.noteTool, let fact = call.input["fact"]?.string { return "You noted: \(fact)" }
                    return
                        "You called \(call.name) \(call.input.json.prefix(Self.kept)): \(failed.contains(call.id) ? "failed" : "done")"
                }
        }
    }
}
