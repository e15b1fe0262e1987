import AgentEvents
import AgentLoop
import BrowserAutomation

/// What a call does for good: told where it was sent, asked about where it was stopped.
extension BrowserTools {
    /// Those that act on a page, and are done again once a person has allowed what they were stopped over.
    private static let acting: Set = [
        "click", "fill", "type", "fill_secret", "select", "check", "press", "hover", "drag", "scroll", "navigate",
        "go_back", "reload",
    ]

    /// The same tool, with its effects watched.
    func watched(_ tool: Tool) -> Tool {
        let name = tool.definition.name
        // Text that was typed stands there already.
        let isActing = Self.acting.contains(name) && name != "type"
        return tool.around { input, context, call in
            let step = self.names.describe(ToolStep(toolCallId: context.callID, tool: name, input: input))
            let isDeclined = context.answers.first?.isDeclined ?? false
            if isDeclined { self.effects.decline() }
            if context.answers.first?.interrupt.reason == .takeover { self.effects.startAfresh() }
            if !isActing {
                // Something that an earlier action has set off was stopped during this call, and is allowed now.
                let permit = try self.gate.permit(context, coversAction: false)
                if !permit.fingerprints.isEmpty {
                    self.effects.allowNext(permit)
                    if let given = context.answers.first { self.gate.remember(given) }
                    let next =
                        name == "type"
                        ? "The text is in the field already: now do what sends it, such as pressing Enter."
                        : "Do the same action again: now it goes through."
                    return ToolOutput(text: "The person approved the blocked request. \(next)")
                }
            }
            // It does nothing, and what the page has tried meanwhile is not asked about at once.
            if isDeclined { return try await call() }
            var output: ToolOutput
            do {
                output = try await call()
            } catch let error where !(error is UserInputRequired || error is CancellationError) {
                // A page may break over what was stopped.
                try self.check(step, context)
                guard self.effects.isOwed, let failure = error as? BrowserError else { throw error }
                throw BrowserError(
                    failure.code,
                    "\(failure.message) The person has approved this, and nothing was sent yet. Close what is in the way, "
                        + "and do the same again.")
            }
            try self.check(step, context)
            if let given = context.answers.first { self.gate.remember(given) }
            let sent = self.effects.takeSent()
            for effect in sent {
                await context.emit(
                    .custom(
                        .init(
                            name: AgentEvent.Custom.effectSent,
                            value: ["toolCallId": .string(context.callID), "effect": effect.json])))
            }
            if !sent.isEmpty {
                output.text += self.untrusted.wrap("\nIt sent: " + sent.prefix(5).map(\.text).joined(separator: "; "))
            }
            if self.effects.takeNagging() {
                output.text += "\nThe page tried again to send what the person declined, and was blocked."
            }
            return output
        }
    }

    private func check(_ step: ToolStep, _ context: ToolContext) throws {
        let stopped = self.effects.takeStopped()
        if !stopped.isEmpty { try self.gate.ask(about: stopped, after: step, context, quote: self.untrusted.wrap) }
    }
}
