import AgentEvents
import AgentLoop
import BrowserAutomation

/// Wraps tools so that requests with lasting effects are reported after they are sent, and need approval when they are
/// blocked.
extension BrowserTools {
    /// Tools that act on a page. After the user approves what was blocked, the action itself is repeated.
    private static let acting: Set = [
        "click", "fill", "type", "fill_secret", "select", "check", "press", "hover", "drag", "scroll", "navigate",
        "go_back", "reload", "select_text", "click_at", "upload",
    ]

    /// Wraps a tool so that the effects of its requests are tracked.
    func watched(_ tool: Tool) -> Tool {
        let name = tool.definition.name
        // Typed text is already in the field; repeating the call would type it twice.
        let isActing = Self.acting.contains(name) && name != "type"
        // Looks can be repeated. A file that was saved would be saved twice.
        let isLook = !isActing && name != "type" && name != "save_page"
        return tool.around { input, context, call in
            let step = self.names.describe(ToolStep(toolCallId: context.callID, tool: name, input: input))
            let isDeclined = context.answers.first?.isDeclined ?? false
            if isDeclined {
                self.effects.decline()
                // What is undecided is asked about again.
                if context.answers.first?.answer.isUndecided == true { self.effects.startAfresh() }
            }
            if context.answers.first?.interrupt.reason == .takeover { self.effects.startAfresh() }
            if let given = context.answers.first, given.interrupt.metadata?["pagePrint"]?.string != nil,
                let target = try await self.shownTarget(of: step),
                let again = self.gate.questionAgain(given, showing: target)
            {
                throw UserInputRequired(again)
            }
            if isActing, let given = context.answers.first, given.isApproved,
                given.interrupt.metadata?[ApprovalGate.isPartlySent] == true
            {
                self.effects.allowNext(try self.gate.permit(context, coversAction: false))
                self.gate.remember(given)
                return ToolOutput(
                    text:
                        "The page has sent what the person had approved before. They have also approved what it wanted to "
                        + "send then. This call has not repeated the action: look at the page, and do what is left.")
            }
            if !isActing {
                // A request that an earlier action triggered was blocked during this call and is now approved.
                let permit = try self.gate.permit(context, coversAction: false)
                if !permit.fingerprints.isEmpty {
                    self.effects.allowNext(permit)
                    if !isLook {
                        if let given = context.answers.first { self.gate.remember(given) }
                        let next = name == "type" ? "The text is in the field already: now do" : "Do"
                        return ToolOutput(
                            text:
                                "The person approved the blocked request. \(next) what sends it, such as pressing Enter."
                        )
                    }
                }
            }
            // A declined call does nothing, and what the page tried in the meantime does not raise another question at
            // once.
            if isDeclined { return try await call() }
            var output: ToolOutput
            do {
                output = try await call()
            } catch let error where !(error is UserInputRequired || error is CancellationError) {
                // A blocked request can break the page.
                try await self.check(step, context)
                guard let failure = error as? BrowserError else { throw error }
                var advice = ""
                if self.effects.isOwed {
                    advice =
                        !isLook
                        ? " The person has approved this, and nothing was sent yet. Close what is in the way, and do the same again."
                        : self.approval(context, isLook: true, isOwed: true)
                }
                throw BrowserError(failure.code, failure.message + advice + self.nagging())
            }
            try await self.check(step, context)
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
                output.isConsequential = true
                let list = sent.prefix(5).map(\.text).joined(separator: "\n")
                output.text += "\nThe page sent:\n" + self.untrusted.wrap(list)
            }
            // The first attempt may have changed the control already, so that the second one does nothing.
            output.text += self.approval(
                context, isLook: isLook, isOwed: sent.isEmpty && self.effects.isOwed)
            output.text += await self.receiveFiles(emit: context.emit)
            output.text += self.nagging()
            return output
        }
    }

    /// Returns what to tell the model of a question that the user has answered with yes.
    private func approval(_ context: ToolContext, isLook: Bool, isOwed: Bool) -> String {
        guard let given = context.answers.first(where: { $0.interrupt.reason == .confirmation && $0.isApproved }) else {
            return ""
        }
        // During a look, an earlier action or the page itself has caused it.
        let told =
            isLook
            ? "\nMeanwhile the page wanted to send something. The person was asked, and agreed:\n"
                + self.untrusted.wrap(given.interrupt.message)
            : "\nThe person was asked about this, and agreed."
        return told + (isOwed ? " But the page has not sent it yet: do once more what makes it send that." : "")
    }

    /// Returns what to tell the model if the page keeps sending what was declined.
    private func nagging() -> String {
        guard self.effects.takeNagging() else { return "" }
        return "\nThe page tried again to send what the person declined, and was blocked."
    }

    private func check(_ step: ToolStep, _ context: ToolContext) async throws {
        guard self.effects.hasStopped else { return }
        let target = try await self.shownTarget(of: step)
        let sent = self.effects.sentInLast
        let stopped = self.effects.takeStopped()
        let shown = ApprovalGate.Shown(
            heading: self.names.heading, around: self.effects.shownAtLast, target: target, sent: sent)
        try self.gate.ask(about: stopped, after: step, showing: shown, context, quote: self.untrusted.wrap)
    }

    /// Returns the control of a step as the page shows it, with what is beside it; `nil` if it's gone, or can't be read.
    private func shownTarget(of step: ToolStep) async throws -> ActionTarget? {
        do {
            let page = try await self.page()
            let ref = step.input["ref"]?.string
            var target = try await page.target(of: ref)
            target.context = try await page.context(of: ref)
            return target
        } catch is BrowserError {
            return nil
        }
    }
}
