import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// What was approved and is not what is there now: asked about again, with what has changed.
extension ApprovalGate {
    /// Looks at what has come of a person's edits, and asks again where they have changed more than their fields.
    func checkEdited(
        _ attempt: Attempt, on page: BrowserPage, _ permission: Permission, _ context: ToolContext
    ) async throws {
        guard !permission.edits.isEmpty, var expected = permission.target, let given = context.answers.first else {
            return
        }
        let target = try await page.target(of: attempt.ref, key: attempt.key)
        let fields = (expected.form?.fields ?? []).enumerated().map { index, field in
            guard let label = field.first, let value = permission.edits[label] else { return field }
            let edit = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // A long one is told by its beginning and a number.
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
                    note: self.changed(from: ShownTarget(expected), to: ShownTarget(target)))))
    }

    /// A page that goes on changing is left to the person after so many repeats.
    private static let mostRepeats = 2

    /// What the person is asked where what they have approved is not what is there now.
    func questionAgain(
        _ given: AnsweredInterrupt, _ attempt: Attempt, _ kind: ActionKind, _ target: ActionTarget,
        _ fingerprint: String
    ) -> Interrupt {
        // A call may ask several things, one after the other; only the same one asked again has changed.
        guard let before = ShownTarget(given.interrupt.metadata) else {
            return given.granted(self.question(attempt, kind, target, fingerprint))
        }
        let repeats = (given.interrupt.metadata?["repeats"]?.integer ?? 0) + 1
        guard repeats <= Self.mostRepeats else { return self.takeover(target.origin) }
        var question = self.question(
            attempt, kind, target, fingerprint, note: self.changed(from: before, to: ShownTarget(target)))
        if case .object(var metadata) = question.metadata {
            metadata["repeats"] = .integer(repeats)
            question.metadata = .object(metadata)
        }
        return given.granted(question)
    }

    /// Offers the browser where asking comes to no end.
    func takeover(_ origin: String) -> Interrupt {
        BrowserTools.takeover(
            self.say(
                "This page keeps changing while I ask you. Please do this step yourself in the live view.",
                "Halaman ini berubah setiap kali anda ditanya. Sila buat bahagian ini sendiri dalam pelayar."),
            origin: origin, kind: "changing", patience: self.patience)
    }

    /// - Throws: ``ActionRefused`` where the person was offered the browser over this call: nothing is as it was asked about.
    static func checkHandedBack(_ given: AnsweredInterrupt) throws {
        guard given.interrupt.reason == .takeover else { return }
        throw ActionRefused(
            "The person was asked to do this in the browser, so this call did nothing.\(given.answer.remark) Take "
                + "a new snapshot, and do only what is left to do.")
    }

    private func changed(from before: ShownTarget, to now: ShownTarget) -> String {
        let changes = before.changes(to: now).prefix(3).map { change in
            self.say(
                "\"\(change.before.prefix(200))\" is now \"\(change.after.prefix(200))\"",
                "\"\(change.before.prefix(200))\" kini \"\(change.after.prefix(200))\"")
        }
        let what = changes.isEmpty ? "" : ": " + changes.joined(separator: "; ")
        return self.say(
            "The page has changed since you were asked\(what). ", "Halaman telah berubah sejak anda ditanya\(what). ")
    }
}

extension AnsweredInterrupt {
    /// Whether the times that were shown are those that are there now, but for clocks.
    func timesHaveRun(to target: ActionTarget) -> Bool {
        guard let times = self.interrupt.metadata?["times"]?.array?.compactMap(\.string),
            let askedAt = self.interrupt.metadata?["askedAt"]?.integer
        else { return true }
        let now = Array(ShownTimes.all(in: target.surroundings).prefix(100))
        return ShownTimes.haveRun(from: times, to: now, in: Int(Date().timeIntervalSince1970) - askedAt)
    }
}
