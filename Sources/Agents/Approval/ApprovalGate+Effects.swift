import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Handles the requests that the effect guard blocked: refuses those that the task prohibits, and asks the user about
/// the rest.
extension ApprovalGate {
    /// Returns what the user approved of the requests that were blocked during this call.
    /// - Throws: ``ActionRefused`` if the user did not approve them.
    func permit(_ context: ToolContext, coversAction: Bool) throws -> EffectGuard.Permit {
        var permit = EffectGuard.Permit(coversAction: coversAction)
        guard let given = context.answers.first, let metadata = given.interrupt.metadata,
            let effects = metadata["effects"]?.array
        else { return permit }
        let kind = metadata["kind"]?.string.flatMap(ActionKind.init) ?? .submit
        _ = try given.approves("", orSays: self.declined(kind, given.answer))
        permit.fingerprints = Set((metadata["sends"]?.array ?? []).compactMap(\.string))
        permit.origins = Set(effects.compactMap { $0["origin"]?.string })
        permit.effectKinds.formUnion(effects.compactMap { $0["kind"]?.string.flatMap(ActionKind.init) })
        return permit
    }

    /// What a page shows when it is about to send something.
    struct Shown: Sendable {
        /// The page's first heading.
        var heading: String?
        /// The text around the control that was used, as it was before.
        var around: String
        /// The control now, with its form and what is beside it; `nil` if it's gone, or the page can't be read.
        var target: ActionTarget?
        /// What this call has sent already. It isn't sent a second time.
        var sent: Set<String> = []
    }

    /// Asks the user about requests that were blocked before they were sent.
    /// - Parameters:
    ///   - stopped: The blocked requests.
    ///   - step: The step that caused them. Its tool is called again after the user approves.
    ///   - shown: What the page shows.
    ///   - quote: Marks text from the page as untrusted data for a model.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func ask(
        about stopped: [Effect], after step: ToolStep, showing shown: Shown, _ context: ToolContext,
        quote: (String) -> String
    ) throws {
        guard let worst = stopped.map(\.kind).max(by: { $0.seriousness < $1.seriousness }) else { return }
        let lines = stopped.prefix(5).map(\.text).joined(separator: "\n")
        // The purpose of a request is not always known, so it may be what the user prohibited.
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
        let heading =
            shown.heading.map { "\n" + self.say("Page", "Halaman") + ": \"\(Self.plain($0).prefix(100))\"" } ?? ""
        let message =
            self.say(
                "May I let the page send this (\(worst.rawValue))? Step: \(title)\n\(lines)",
                "Bolehkah halaman ini menghantar data berikut (\(worst.rawValue))? Langkah: \(title)\n\(lines)")
            + heading
        let sends = stopped.map(\.fingerprint)
        let before = (context.answers.first?.interrupt.metadata?["sends"]?.array ?? []).filter { earlier in
            !shown.sent.contains(earlier.string ?? "")
        }
        let question = self.question(
            message, worst, sends.sorted().joined(separator: " "),
            [
                "tool": .string(step.tool), "origin": .string(stopped[0].origin),
                "effects": .array(stopped.prefix(20).map(\.json)),
                "sends": .array(before + sends.map { .string($0) }), "asks": .string(message),
                "around": .string(String(shown.around.prefix(2000))),
                "page": shown.target.map { .object(ShownTarget($0).metadata) } ?? .null,
                "pagePrint": shown.target.map { .string(Self.pagePrint($0)) } ?? .null,
                Self.isPartlySent: .bool(!shown.sent.isEmpty),
            ],
            canLast: TaskAllowances.kinds.contains(worst)
                && stopped.allSatisfy { $0.canLast && $0.origin == stopped[0].origin })
        throw UserInputRequired(context.answers.first?.granted(question) ?? question)
    }

    /// The mark of a question about what a page wants to send after it has sent something that was approved in the same
    /// call. Repeating the action would send that again.
    static let isPartlySent = "partly_sent"

    /// Identifies what a blocked request is about. The control's name and the text around it aren't part of it, because a
    /// page may tell there that its request has failed.
    private static func pagePrint(_ target: ActionTarget) -> String {
        var target = target
        (target.name, target.text, target.surroundings, target.details) = ("", "", "", "")
        target.form?.submitter = nil
        return ActionFingerprint.make(tool: "", input: [:], target: target)
    }

    /// Returns the question again if what the page shows has changed since the user was asked about its requests, which may
    /// say nothing of it.
    func questionAgain(_ given: AnsweredInterrupt, showing target: ActionTarget) -> Interrupt? {
        guard given.isApproved, case .object(var metadata) = given.interrupt.metadata,
            let print = metadata["pagePrint"]?.string, print != Self.pagePrint(target)
        else { return nil }
        let repeats = (metadata["repeats"]?.integer ?? 0) + 1
        guard repeats <= Self.mostRepeats else { return self.takeover(metadata["origin"]?.string ?? "") }
        let now = ShownTarget(target)
        var before = ShownTarget(metadata["page"]) ?? now
        before.about = now.about
        metadata["page"] = .object(now.metadata)
        metadata["pagePrint"] = .string(Self.pagePrint(target))
        metadata["repeats"] = .integer(repeats)
        let kind = metadata["kind"]?.string.flatMap(ActionKind.init) ?? .submit
        return given.granted(
            self.question(
                self.changed(before.changes(to: now)) + (metadata["asks"]?.string ?? given.interrupt.message), kind,
                metadata["fingerprint"]?.string ?? "", metadata,
                canLast: given.interrupt.responseSchema?["properties"]?[Self.forTask] != nil))
    }

    /// How many questions one call may ask. After that the step is left to the user.
    static let mostQuestions = 4
}

extension ActionKind {
    /// The rank of the consequences: what is asked about several effects is the most serious one.
    fileprivate var seriousness: Int {
        switch self {
        case .look: 0
        case .change: 1
        case .submit: 2
        case .send: 3
        case .upload: 4
        case .credentials: 5
        case .sign: 6
        case .delete: 7
        case .pay: 8
        }
    }
}
