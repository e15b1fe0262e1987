import AgentEvents

/// Assembles one assistant turn from a model's events, and reports it as AG-UI events along the way.
final class TurnReader {
    private struct PartialCall {
        var id: String
        var name: String
        var input = ""
    }

    private let id: String
    private let emit: EventSink
    private enum Block {
        case text(String)
        case call(PartialCall)
        case reasoning(Reasoning)
    }

    /// The turn so far, in the model's order.
    private var blocks: [Block] = []
    private var openCall: String?
    /// The unique ids of the calls, by the ids that the model's server assigned.
    private var callIDs: [String: String] = [:]
    private var isTextOpen = false
    private var stop: StopReason?

    /// - Parameter id: The message's id in the events.
    init(id: String, emit: @escaping EventSink) {
        self.id = id
        self.emit = emit
    }

    /// Whether any event of this turn was emitted.
    private var hasEmitted = false

    /// The maximum size of a turn, in bytes. A longer one is a model that does not stop.
    private static let longest = 2_000_000
    private var size = 0

    /// - Throws: ``ModelError`` for a turn that exceeds the size limit.
    func receive(_ event: ModelEvent) async throws {
        switch event {
        case .text(let delta), .toolCallInput(_, let delta): self.size += delta.utf8.count
        default: self.size += 1
        }
        guard self.size <= Self.longest else {
            throw ModelError(.refused, "The model's answer does not end; it was cut off at \(Self.longest) characters.")
        }
        switch event {
        case .text(let delta) where delta.isEmpty: break
        case .text(let delta): await self.receive(text: delta)
        case .toolCallStart(let given, let name):
            await self.closeText()
            await self.closeCall()
            let id = CallID.unique(from: given)
            self.callIDs[given] = id
            self.blocks.append(.call(PartialCall(id: id, name: name)))
            self.openCall = id
            self.hasEmitted = true
            await self.emit(.toolCallStart(.init(toolCallId: id, toolCallName: name, parentMessageId: self.id)))
        case .toolCallInput(let given, let delta):
            guard let id = self.callIDs[given] else { break }
            self.append(delta, toCall: id)
            if !delta.isEmpty, self.openCall == id {
                await self.emit(.toolCallArgs(.init(toolCallId: id, delta: delta)))
            }
        case .reasoning(let reasoning): self.blocks.append(.reasoning(reasoning))
        case .usage: break
        case .stop(let reason): self.stop = reason
        }
    }

    private func receive(text delta: String) async {
        await self.closeCall()
        if !self.isTextOpen {
            self.isTextOpen = true
            self.hasEmitted = true
            await self.emit(.textMessageStart(.init(messageId: self.id)))
        }
        if case .text(let text) = self.blocks.last {
            self.blocks[self.blocks.count - 1] = .text(text + delta)
        } else {
            self.blocks.append(.text(delta))
        }
        await self.emit(.textMessageContent(.init(messageId: self.id, delta: delta)))
    }

    private func append(_ delta: String, toCall id: String) {
        for (index, block) in self.blocks.enumerated().reversed() {
            guard case .call(var call) = block, call.id == id else { continue }
            call.input += delta
            self.blocks[index] = .call(call)
            return
        }
    }

    /// Emits the end of the open parts, including those of a failed turn.
    func close() async {
        await self.closeText()
        await self.closeCall()
    }

    /// Retracts the emitted events of a turn that will be requested again. Call this after ``close()``.
    func discard() async {
        guard self.hasEmitted else { return }
        let calls = self.blocks.compactMap { block -> JSONValue? in
            if case .call(let call) = block { .string(call.id) } else { nil }
        }
        await self.emit(
            .custom(
                .init(
                    name: AgentEvent.Custom.messageDiscarded,
                    value: ["messageId": .string(self.id), "toolCallIds": .array(calls)])))
    }

    /// Closes the open parts and returns the complete message.
    /// - Throws: ``ModelError`` for a turn that was cut off, filtered, or empty.
    func finish() async throws -> Message {
        await self.close()
        switch self.stop {
        case nil: throw ModelError(.badAnswer, "The model's answer broke off before its end.")
        case .filtered: throw ModelError(.refused, "The model's provider held its answer back.")
        case .maxTokens:
            throw ModelError(
                .refused, "The model's answer was cut off at its token limit. Raise AI4AI_MODEL_MAX_TOKENS.")
        case .endTurn, .toolUse: break
        }
        let content = self.blocks.map { block -> Message.Content in
            switch block {
            case .text(let text): return .text(text)
            case .reasoning(let reasoning): return .reasoning(reasoning)
            case .call(let call):
                // Arguments that are not valid JSON fit no schema. The tool's own validation reports that to the model.
                let input = call.input.isEmpty ? JSONValue.object([:]) : try? JSONValue(json: call.input)
                return .toolCall(ToolCall(id: call.id, name: call.name, input: input ?? .string(call.input)))
            }
        }
        let message = Message(role: .assistant, content: content)
        guard !message.text.allSatisfy(\.isWhitespace) || !message.toolCalls.isEmpty else {
            throw ModelError(.badAnswer, "The model answered nothing.")
        }
        return message
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
