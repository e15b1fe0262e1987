package import AgentEvents

/// Complete turns, for programs that stand in for a model.
extension [ModelEvent] {
    package static func saying(_ text: String) -> Self { [.text(text), .stop(.endTurn)] }

    package static func calling(_ tool: String, _ input: JSONValue, id: String) -> Self {
        [.toolCallStart(id: id, name: tool), .toolCallInput(id: id, delta: input.json), .stop(.toolUse)]
    }

    package var stream: AsyncThrowingStream<ModelEvent, any Error> {
        AsyncThrowingStream { stream in
            for event in self { stream.yield(event) }
            stream.finish()
        }
    }
}
