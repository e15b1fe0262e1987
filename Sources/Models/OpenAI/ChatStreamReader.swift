import AgentEvents
import AgentLoop
import FoundationEssentials

/// Turns the chunks of a streamed chat completion into model events.
struct ChatStreamReader {
    private struct Chunk: Decodable {
        struct Choice: Decodable {
            var delta: Delta?
            var finish_reason: String?
        }
        struct Delta: Decodable {
            var content: String?
            var tool_calls: [CallDelta]?
        }
        struct CallDelta: Decodable {
            struct Function: Decodable {
                var name: String?
                var arguments: String?
            }
            var index: Int?
            var id: String?
            var function: Function?
        }
        struct Usage: Decodable {
            var prompt_tokens: Int?
            var completion_tokens: Int?
        }
        struct Failure: Decodable { var message: String? }

        var choices: [Choice]?
        var usage: Usage?
        var error: Failure?
    }

    private var callIDs: [Int: String] = [:]

    /// Reads the data of one event.
    /// - Throws: ``ModelError``.
    mutating func receive(_ data: String) throws -> [ModelEvent] {
        if data == "[DONE]" { return [] }
        let chunk: Chunk
        do {
            chunk = try JSONDecoder().decode(Chunk.self, from: Data(data.utf8))
        } catch {
            throw ModelError(.badAnswer, "The model server sent a chunk that cannot be read: \(error)")
        }
        if let failure = chunk.error {
            throw ModelError(.serverFailure, "The model server failed: \(failure.message ?? "no reason given")")
        }
        var events: [ModelEvent] = []
        if let choice = chunk.choices?.first {
            if let text = choice.delta?.content, !text.isEmpty { events.append(.text(text)) }
            for call in choice.delta?.tool_calls ?? [] { events += self.receive(call) }
            if let reason = choice.finish_reason { events.append(.stop(self.stopReason(reason))) }
        }
        if let usage = chunk.usage {
            events.append(
                .usage(
                    TokenUsage(inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0)))
        }
        return events
    }

    /// The first piece of a call carries its name, later ones only more arguments. Servers that send a call in one
    /// piece leave out the index or the id.
    private mutating func receive(_ call: Chunk.CallDelta) -> [ModelEvent] {
        let index = call.index ?? (call.function?.name != nil ? self.callIDs.count : max(self.callIDs.count - 1, 0))
        var events: [ModelEvent] = []
        if self.callIDs[index] == nil, let name = call.function?.name {
            let id = call.id.flatMap { $0.isEmpty ? nil : $0 } ?? "call-\(UUID().uuidString.lowercased())"
            self.callIDs[index] = id
            events.append(.toolCallStart(id: id, name: name))
        }
        if let id = self.callIDs[index], let arguments = call.function?.arguments, !arguments.isEmpty {
            events.append(.toolCallInput(id: id, delta: arguments))
        }
        return events
    }

    private func stopReason(_ reason: String) -> StopReason {
        switch reason {
        case "length": .maxTokens
        case "content_filter": .filtered
        // Some servers say "stop" after tool calls too.
        default: self.callIDs.isEmpty ? .endTurn : .toolUse
        }
    }
}
