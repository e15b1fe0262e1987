import AgentEvents

/// Puts one assistant turn together from a model's pieces, and reports them as AG-UI events on the way.
final class TurnReader {
    private struct PartialCall {
        var id: String
        var name: String
        var input = ""
    }

    private let id: String
    private let emit: EventSink
    private var text = ""
    private var calls: [PartialCall] = []
    private var openCall: String?
    private var isTextOpen = false
    private var stop: StopReason?

    /// - Parameter id: The message's id in the events.
    init(id: String, emit: @escaping EventSink) {
        self.id = id
        self.emit = emit
    }

    /// Whether anything of this turn was reported; after that it cannot be asked for again unnoticed.
    var hasEmitted: Bool { !self.text.isEmpty || !self.calls.isEmpty }

    func receive(_ event: ModelEvent) async {
        switch event {
        case .text(let delta) where delta.isEmpty: break
        case .text(let delta):
            await self.closeCall()
            if !self.isTextOpen {
                self.isTextOpen = true
                await self.emit(.textMessageStart(.init(messageId: self.id)))
            }
            self.text += delta
            await self.emit(.textMessageContent(.init(messageId: self.id, delta: delta)))
        case .toolCallStart(let id, let name):
            await self.closeText()
            await self.closeCall()
            self.calls.append(PartialCall(id: id, name: name))
            self.openCall = id
            await self.emit(.toolCallStart(.init(toolCallId: id, toolCallName: name, parentMessageId: self.id)))
        case .toolCallInput(let id, let delta):
            guard let index = self.calls.lastIndex(where: { $0.id == id }) else { break }
            self.calls[index].input += delta
            if !delta.isEmpty, self.openCall == id {
                await self.emit(.toolCallArgs(.init(toolCallId: id, delta: delta)))
            }
        case .usage: break
        case .stop(let reason): self.stop = reason
        }
    }

    /// Closes what is open and returns the whole message.
    /// - Throws: ``ModelError`` for a turn that was cut off, held back or empty.
    func finish() async throws -> Message {
        await self.closeText()
        await self.closeCall()
        switch self.stop {
        case nil: throw ModelError(.badAnswer, "The model's answer broke off before its end.")
        case .filtered: throw ModelError(.refused, "The model's provider held its answer back.")
        case .maxTokens:
            throw ModelError(.refused, "The model's answer was cut off at its limit of tokens. Raise the limit.")
        case .endTurn, .toolUse: break
        }
        var content: [Message.Content] = self.text.isEmpty ? [] : [.text(self.text)]
        for call in self.calls {
            // Arguments that are no JSON fit no schema; the tool's own check tells the model so.
            let input = call.input.isEmpty ? JSONValue.object([:]) : try? JSONValue(json: call.input)
            content.append(.toolCall(ToolCall(id: call.id, name: call.name, input: input ?? .string(call.input))))
        }
        guard !content.isEmpty else { throw ModelError(.badAnswer, "The model answered nothing.") }
        return Message(role: .assistant, content: content)
    }

    private func closeText() async {
        guard self.isTextOpen else { return }
        self.isTextOpen = false
        await self.emit(.textMessageEnd(.init(messageId: self.id)))
    }

    private func closeCall() async {
        guard let id = self.openCall else { return }
        self.openCall = nil
        await self.emit(.toolCallEnd(.init(toolCallId: id)))
    }
}
