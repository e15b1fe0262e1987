import AgentEvents
import Logging
import TextCoding

extension TurnLoop {
    /// Executes the calls of the newest turn in sequence and adds their results to the conversation.
    /// - Returns: The questions that the user must answer first; empty if all calls have results.
    func performOpenCalls(
        of conversation: inout Conversation, _ answers: [InterruptAnswer], _ repetitions: inout RepetitionGuard,
        _ callbacks: Callbacks
    ) async throws -> [Interrupt] {
        var open = conversation.openTurn ?? OpenTurn()
        let waiting = open.waiting.take()
        let answered = open.interrupts.compactMap { interrupt in
            answers.first { $0.interruptId == interrupt.id }.map {
                AnsweredInterrupt(interrupt: interrupt, answer: $0)
            }
        }
        open.interrupts = []
        open.results += try await self.performParallelCalls(of: conversation, open, callbacks.emit)
        for call in conversation.openCalls where !open.results.contains(where: { $0.callID == call.id }) {
            if call.id != waiting, open.results.contains(where: \.isError),
                self.tools[call.name].map({ $0.risk != .read }) ?? false
            {
                open.results.append(await self.report(Self.skipped(call), callbacks.emit))
                conversation.openTurn = open
                continue
            }
            let itsAnswers = call.id == waiting ? answered : []
            // Record an answer as used before acting on it, so that no later process uses it again.
            if self.tools[call.name].map({ $0.risk != .read }) ?? false || !itsAnswers.isEmpty {
                open.begun = call.id
                conversation.openTurn = open
                try await callbacks.save(conversation)
                Failpoint.reach(.callBegun)
            }
            do {
                var result = try await self.perform(call, itsAnswers, callbacks.emit)
                if let warning = repetitions.warning(for: call, result: result) { result.text += "\n\(warning)" }
                open.results.append(result)
            } catch let need as UserInputRequired {
                open.waiting = call.id
                open.interrupts = need.interrupts.map { $0.raised(by: call.id) }
            }
            let wasBegun = open.begun.take() != nil
            conversation.openTurn = open
            if wasBegun { Failpoint.reach(.callDone) }
            guard open.interrupts.isEmpty else {
                try await callbacks.save(conversation)
                return open.interrupts
            }
            if wasBegun, open.results.count < conversation.openCalls.count { try await callbacks.save(conversation) }
        }
        let order = conversation.openCalls.map(\.id)
        conversation.append(
            open.results.sorted { order.firstIndex(of: $0.callID) ?? 0 < order.firstIndex(of: $1.callID) ?? 0 })
        if let question = await self.hooks.afterTools(open.results) { conversation.pause(for: question) }
        try await callbacks.save(conversation)
        Failpoint.reach(.turnSaved)
        return conversation.openTurn?.interrupts ?? []
    }

    /// The result of a call that follows a failed one: it was planned without knowing of the failure.
    private static func skipped(_ call: ToolCall) -> ToolResult {
        ToolResult(
            callID: call.id,
            text: "Not done, because an earlier call of this turn failed. Check its result, and decide again.")
    }

    /// Executes the first calls of a turn in parallel, as far as their tools allow it.
    private func performParallelCalls(
        of conversation: Conversation, _ open: OpenTurn, _ emit: @escaping EventSink
    ) async throws -> [ToolResult] {
        let calls = conversation.openCalls.prefix { self.tools[$0.name]?.isParallel ?? false }
        guard calls.count > 1, open.results.isEmpty, open.waiting == nil else { return [] }
        var counts: [String: Int] = [:]
        return try await withThrowingTaskGroup(of: ToolResult.self) { group in
            for call in calls {
                // Clients distinguish an agent's open steps only by name.
                counts[call.name, default: 0] += 1
                let count = counts[call.name, default: 1]
                let name = count == 1 ? call.name : "\(call.name) (\(count))"
                group.addTask { try await self.perform(call, [], emit, step: name) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// - Throws: ``UserInputRequired``, `CancellationError`. Any other error of a tool becomes its result.
    private func perform(
        _ call: ToolCall, _ answers: [AnsweredInterrupt], _ emit: @escaping EventSink, step name: String? = nil
    ) async throws -> ToolResult {
        guard let tool = self.tools[call.name] else {
            let known = self.definitions.map(\.name).joined(separator: ", ")
            return await self.report(
                ToolResult(
                    callID: call.id, text: "There is no tool '\(call.name)'. There are: \(known).", isError: true),
                emit)
        }
        let step = await self.hooks.describeStep(ToolStep(toolCallId: call.id, tool: call.name, input: call.input))
        let end = AgentEvent.Step(stepName: name ?? call.name)
        await emit(.stepStarted(.init(stepName: end.stepName, metadata: step)))
        do {
            let result = try await AgentOperation.executeTool(call).run { span in
                span.capture("gen_ai.tool.call.arguments") { call.input }
                var result = try await self.result(of: call, by: tool, answers, emit, span)
                result.elements = step.elements
                span.capture("gen_ai.tool.call.result") { CapturedContent.result(result) }
                return result
            }
            await emit(.stepFinished(end))
            return await self.report(self.hooks.afterTool(call, result), emit)
        } catch {
            await emit(.stepFinished(end))
            throw error
        }
    }

    private func result(
        of call: ToolCall, by tool: Tool, _ answers: [AnsweredInterrupt], _ emit: @escaping EventSink, _ span: AgentSpan
    ) async throws -> ToolResult {
        do {
            let context = ToolContext(callID: call.id, answers: answers, emit: emit)
            let replacement = answers.isEmpty ? await self.hooks.beforeTool(call) : nil
            let output = if let replacement { replacement } else { try await tool.call(call.input, context) }
            var result = ToolResult(
                callID: call.id, text: Self.limited(output.text), view: output.view.map(Self.limited),
                attachments: output.attachments)
            (result.address, result.heading, result.openedTab) = (output.address, output.heading, output.openedTab)
            result.value = output.value
            let isApproved = answers.contains { $0.interrupt.reason == .confirmation && $0.isApproved }
            result.consequential = isApproved || output.isConsequential ? true : nil
            return result
        } catch let error where error is CancellationError || Task.isCancelled {
            throw CancellationError()
        } catch let need as UserInputRequired {
            throw need
        } catch {
            self.logger.info("A tool failed", metadata: ["tool": "\(call.name)", "type": "\(type(of: error))"])
            span.fail("\(type(of: error))")
            let declined = (error as? any DeclinedByPerson)?.words
            return ToolResult(callID: call.id, text: Self.limited("\(error)"), isError: true, declined: declined)
        }
    }

    /// The maximum size of each text of a result, in bytes. Tools have smaller limits of their own; this one protects
    /// everything that carries and stores results from a tool that has none, or that counts characters.
    private static let longestResult = 100_000

    private static func limited(_ text: String) -> String {
        text.utf8.count > self.longestResult ? text.prefix(utf8: self.longestResult) + "… (cut off)" : text
    }

    private func report(_ result: ToolResult, _ emit: EventSink) async -> ToolResult {
        await emit(
            .toolCallResult(
                .init(
                    messageId: "result-\(result.callID)", toolCallId: result.callID, content: result.wholeText,
                    metadata: result.outcome)))
        if result.isError {
            var value: [String: JSONValue] = ["toolCallId": .string(result.callID)]
            if let words = result.declined { (value["declined"], value["message"]) = (true, .string(words)) }
            await emit(.custom(.init(name: AgentEvent.Custom.toolFailed, value: .object(value))))
        }
        return result
    }
}
