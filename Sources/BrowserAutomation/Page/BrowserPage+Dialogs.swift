import AgentEvents
import Synchronization

extension BrowserPage {
    struct DialogOpening: Decodable {
        var message: String
        var type: String
    }

    /// A page that shows more dialogs than this in one action is not asking any more.
    private static let mostDialogs = 10
    private static let longestMessage = 1000

    /// Decides about the dialogs of this document, instead of the configuration, until `nil` is given.
    ///
    /// For what a person has decided. What is too long to be shown whole is answered with no.
    /// - Parameter decide: Gets the dialog, with secrets masked. Must not wait: the page stands still meanwhile.
    public func answerDialogs(_ decide: (@Sendable (PageDialog) -> DialogAnswer)?) {
        self.state.withLock { $0.decideDialog = decide }
    }

    /// A dialog holds up everything else in its page, so it is answered at once, unless a person is in control and can
    /// answer it. Must not wait.
    func receive(_ opening: DialogOpening, session: String) {
        var dialog = PageDialog(
            kind: .init(rawValue: opening.type) ?? .confirm,
            message: String(opening.message.prefix(Self.longestMessage)))
        if self.control.isHeldByPerson {
            self.change { $0.openDialog = OpenDialog(dialog: dialog, session: session) }
            // The hold may have ended since, and with it whoever would answer.
            if !self.control.isHeldByPerson { self.answerOpenDialog(.dismiss) }
            return
        }
        let isWhole = opening.message.count <= Self.longestMessage
        let answer = dialog.kind != .alert && isWhole ? self.decide(dialog) : .dismiss
        dialog.answer = answer
        let count = self.state.withLock { state in
            state.effects.dialogCount += 1
            return state.effects.dialogCount
        }
        if count > Self.mostDialogs {
            // Ends the script that asks, once this answer lets it go on.
            self.connection.post("Runtime.terminateExecution", session: session)
            self.note("The page kept showing dialogs; its scripts were stopped.")
        } else {
            self.change { state in
                state.effects.dialogs.append(dialog)
                // The page stays, so that nothing comes to be waited for.
                if dialog.kind == .beforeunload, answer == .dismiss { state.loadingFrames.remove(self.targetID) }
            }
        }
        self.post(answer, session: session)
    }

    private func decide(_ dialog: PageDialog) -> DialogAnswer {
        guard let decide = self.state.withLock({ $0.decideDialog }) else {
            return self.configuration.dialogPolicy(dialog)
        }
        return decide(PageDialog(kind: dialog.kind, message: self.configuration.secrets.mask(dialog.message)))
    }

    private func post(_ answer: DialogAnswer, session: String) {
        var parameters: [String: JSONValue] = ["accept": false]
        if case .accept(let text) = answer {
            parameters["accept"] = true
            if let text { parameters["promptText"] = .string(text) }
        }
        self.connection.post("Page.handleJavaScriptDialog", .object(parameters), session: session)
    }

    /// Answers the dialog that waits for a person.
    /// - Returns: Whether there is one.
    @discardableResult
    func answerOpenDialog(_ answer: DialogAnswer) -> Bool {
        guard let open = self.state.withLock({ $0.openDialog.take() }) else { return false }
        self.post(answer, session: open.session)
        return true
    }
}
