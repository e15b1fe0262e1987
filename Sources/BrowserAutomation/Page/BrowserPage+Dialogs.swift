import AgentEvents
import Waiting

extension BrowserPage {
    struct DialogOpening: Decodable {
        var message: String
        var type: String
    }

    /// The maximum number of dialogs in one action. A page that shows more is not really asking, so its scripts are
    /// stopped.
    private static let mostDialogs = 10
    private static let longestMessage = 1000

    /// Sets a closure that answers the dialogs of the current document, instead of
    /// ``BrowserConfiguration/dialogPolicy``.
    ///
    /// Use it to apply a decision that the user has already made. The closure applies until the page navigates or you
    /// pass `nil`. A dialog whose message is too long to show in full, which is more than 1,000 characters, is
    /// dismissed.
    /// - Parameter decide: Returns the answer to a dialog, whose message has secrets masked. It must not block, because
    ///   the page is suspended meanwhile.
    public func answerDialogs(_ decide: (@Sendable (PageDialog) -> DialogAnswer)?) {
        self.state.withLock { $0.dialogs.decide = decide }
    }

    /// Handles a dialog that the page opened. A dialog blocks everything else in its page, so it is answered
    /// immediately unless a user has control and can answer it. This method must not block.
    func receive(_ opening: DialogOpening, session: String) {
        var dialog = PageDialog(
            kind: .init(rawValue: opening.type) ?? .confirm,
            message: String(opening.message.prefix(Self.longestMessage)))
        if self.control.isHeldByPerson {
            self.state.change { $0.dialogs.open = OpenDialog(dialog: dialog, session: session) }
            // The user's hold may have ended in the meantime, and then nobody would answer.
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
            // Ends the script that shows the dialogs, once this answer lets it continue.
            self.connection.post("Runtime.terminateExecution", session: session)
            self.note("The page kept showing dialogs; its scripts were stopped.")
        } else {
            self.state.change { state in
                state.effects.dialogs.append(dialog)
                // The page stays, so there is no navigation to wait for.
                if dialog.kind == .beforeunload, answer == .dismiss { state.loading.frames.remove(self.targetID) }
            }
        }
        self.post(answer, session: session)
    }

    private func decide(_ dialog: PageDialog) -> DialogAnswer {
        guard let decide = self.state.withLock({ $0.dialogs.decide }) else {
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

    /// Answers the dialog that waits for the user.
    /// - Returns: Whether there was a dialog.
    @discardableResult
    func answerOpenDialog(_ answer: DialogAnswer) -> Bool {
        guard let open = self.state.withLock({ $0.dialogs.open.take() }) else { return false }
        self.post(answer, session: open.session)
        return true
    }
}
