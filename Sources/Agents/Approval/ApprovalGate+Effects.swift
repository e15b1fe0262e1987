import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// What the effect guard has stopped: refused where the request forbids it, and otherwise asked about.
extension ApprovalGate {
    /// What a person has allowed of what this very call was stopped over.
    /// - Throws: ``ActionRefused`` where they have not.
    func permit(_ context: ToolContext, coversAction: Bool) throws -> EffectGuard.Permit {
        var permit = EffectGuard.Permit(coversAction: coversAction)
        guard let given = context.answers.first, let metadata = given.interrupt.metadata,
            let effects = metadata["effects"]?.array
        else { return permit }
        let kind = metadata["kind"]?.string.flatMap(ActionKind.init) ?? .submit
        _ = try given.approves("", orSays: self.declined(kind, given.answer))
        permit.fingerprints = Set((metadata["sends"]?.array ?? []).compactMap(\.string))
        permit.origins = Set(effects.compactMap { $0["origin"]?.string })
        return permit
    }

    /// Asks about what was stopped before it was sent.
    /// - Parameters:
    ///   - step: What was done; its tool is called again once it is allowed.
    ///   - quote: Marks the page's own words as data, for a model.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func ask(
        about stopped: [Effect], after step: ToolStep, _ context: ToolContext, quote: (String) -> String
    ) throws {
        guard let worst = Self.order.first(where: { kind in stopped.contains { $0.kind == kind } }) else { return }
        let lines = stopped.prefix(5).map(\.text).joined(separator: "\n")
        // What a request is good for is not always known, and may be what the person forbids.
        let isForbidden =
            self.forbidden.contains(worst) || [.submit, .upload].contains(worst) && !self.forbidden.isEmpty
        guard !isForbidden, self.policy.rule(for: worst) != .deny else {
            throw ActionRefused(
                "The person's request does not allow this (\(worst.rawValue)). It was stopped before it was sent. Report "
                    + "what you found so far, and leave this to the person. It would have sent: \(quote(lines))")
        }
        if let given = context.answers.first, given.interrupt.textsRead.count >= Self.mostQuestions {
            throw UserInputRequired(self.takeover(stopped[0].origin))
        }
        let title = StepTitle.text(of: step, in: self.say)
        let message = self.say(
            "May I let the page send this (\(worst.rawValue))? Step: \(title)\n\(lines)",
            "Bolehkah halaman ini menghantar data berikut (\(worst.rawValue))? Langkah: \(title)\n\(lines)")
        let sends = stopped.map(\.fingerprint)
        let before = context.answers.first?.interrupt.metadata?["sends"]?.array ?? []
        let question = self.question(
            message, worst, sends.sorted().joined(separator: " "),
            [
                "tool": .string(step.tool), "origin": .string(stopped[0].origin),
                "effects": .array(stopped.prefix(20).map(\.json)),
                "sends": .array(before + sends.map { .string($0) }),
            ],
            canLast: TaskAllowances.kinds.contains(worst)
                && stopped.allSatisfy { $0.canLast && $0.origin == stopped[0].origin })
        throw UserInputRequired(context.answers.first?.granted(question) ?? question)
    }

    /// A call that is stopped over something else each time is left to the person after so many.
    static let mostQuestions = 4

    /// The furthest-reaching first.
    private static let order: [ActionKind] = [.pay, .delete, .sign, .credentials, .upload, .send, .submit]
}
