import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Asks again if the page no longer matches what the user approved, and shows the user what has changed.
extension ApprovalGate {
    /// Checks the page after the user's edits were applied, and asks again if they changed more than the edited fields.
    ///
    /// - Throws: ``UserInputRequired``, `BrowserError`.
    func checkEdited(
        _ attempt: Attempt, on page: BrowserPage, _ permission: Permission, _ context: ToolContext
    ) async throws {
        guard !permission.edits.isEmpty, var expected = permission.target, let given = context.answers.first else {
            return
        }
        var target = try await page.target(of: attempt.ref, key: attempt.key)
        target.context = try await page.context(of: attempt.ref)
        let fields = (expected.form?.fields ?? []).enumerated().map { index, field in
            guard let label = field.first, let value = permission.edits[label] else { return field }
            let edit = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // The page reports a long value by its beginning and a digest.
            let now = target.form?.fields.dropFirst(index).first?.last ?? ""
            return [label, edit.count > 200 && now.hasPrefix(edit.prefix(180)) ? now : edit]
        }
        expected.form?.fields = fields
        let prints = [expected, target].map {
            ActionFingerprint.make(tool: attempt.tool, input: attempt.input, target: $0)
        }
        guard prints[0] != prints[1] else { return }
        throw UserInputRequired(
            given.granted(
                self.question(
                    attempt, permission.kind, target, prints[1],
                    note: self.changed(ShownTarget(expected).changes(to: ShownTarget(target))))))
    }

    /// How often to ask again about a page that keeps changing. After that the user is offered control of the browser.
    static let mostRepeats = 2

    /// Returns the question for the user if the page no longer matches what they approved.
    func questionAgain(
        _ given: AnsweredInterrupt, _ attempt: Attempt, _ kind: ActionKind, _ target: ActionTarget,
        _ fingerprint: String
    ) -> Interrupt {
        // A call may ask several questions in sequence. Only a repeat of the same question means that the page has
        // changed.
        guard let before = ShownTarget(given.interrupt.metadata) else {
            return given.granted(self.question(attempt, kind, target, fingerprint))
        }
        let repeats = (given.interrupt.metadata?["repeats"]?.integer ?? 0) + 1
        guard repeats <= Self.mostRepeats else { return self.takeover(target.origin) }
        var question = self.question(
            attempt, kind, target, fingerprint, note: self.changed(before.changes(to: ShownTarget(target))))
        question.add("repeats", .integer(repeats))
        return given.granted(question)
    }

    /// Returns an offer to take over the browser, for a page that changes each time the user is asked.
    func takeover(_ origin: String) -> Interrupt {
        BrowserTools.takeover(
            self.say(
                "This page keeps changing while I ask you. Please do this step yourself in the live view.",
                "Halaman ini berubah setiap kali anda ditanya. Sila buat bahagian ini sendiri dalam pelayar."),
            origin: origin, kind: "changing", questionTimeout: self.questionTimeout)
    }

    /// Checks that the user was not offered control of the browser during this call.
    ///
    /// - Throws: ``ActionRefused`` if they were, because the page no longer matches what the call was about.
    static func checkHandedBack(_ given: AnsweredInterrupt) throws {
        guard given.interrupt.reason == .takeover else { return }
        throw ActionRefused(
            "The person was asked to do this in the browser, so this call did nothing.\(given.answer.remark) Take "
                + "a new snapshot, and do only what is left to do.")
    }

    func changed(_ changes: [(before: String, after: String)]) -> String {
        let changes = changes.prefix(3).map { change in
            let (before, after) = (change.before.prefix(200), change.after.prefix(200))
            return switch (before.isEmpty, after.isEmpty) {
            case (false, true): self.say("\"\(before)\" is gone", "\"\(before)\" tiada lagi")
            case (true, false): self.say("\"\(after)\" is new", "\"\(after)\" ialah baharu")
            default: self.say("\"\(before)\" is now \"\(after)\"", "\"\(before)\" kini \"\(after)\"")
            }
        }
        // Pictures, styles, hidden fields, and the like.
        let other = self.say("something that is not text", "sesuatu yang bukan teks")
        let what = ": " + (changes.isEmpty ? other : changes.joined(separator: "; "))
        return self.say(
            "The page has changed since you were asked\(what). ", "Halaman telah berubah sejak anda ditanya\(what). ")
    }
}

extension AnsweredInterrupt {
    /// Returns whether the times around the target are the ones that the user was shown, allowing for clocks.
    func timesHaveRun(to target: ActionTarget) -> Bool {
        guard let times = self.interrupt.metadata?["times"]?.array?.compactMap(\.string),
            let askedAt = self.interrupt.metadata?["askedAt"]?.integer
        else { return true }
        let now = Array(ShownTimes.all(in: target.surroundings).prefix(100))
        return ShownTimes.haveRun(from: times, to: now, in: Int(Date().timeIntervalSince1970) - askedAt)
    }
}
