import AgentEvents

extension BrowserPage {
    private struct FrameNavigated: Decodable {
        struct Frame: Decodable {
            var id: String
            var parentId: String?
            var loaderId: String
            var url: String
            var urlFragment: String?
        }
        var frame: Frame
    }

    private struct FrameURL: Decodable {
        var frameId: String
        var url: String
    }

    private struct FrameReference: Decodable {
        var frameId: String
        var navigationType: String?
    }

    private struct LifecycleEvent: Decodable {
        var frameId: String
        var loaderId: String
        var name: String
    }

    private struct DialogOpening: Decodable {
        var message: String
        var type: String
    }

    /// Takes an event of this tab. Must not wait: the socket's reader calls it.
    func receive(_ event: CDPConnection.Event) {
        switch event.method {
        case "Fetch.requestPaused":
            RequestGate.judge(event, session: self.sessionID, gate: self.gate, connection: self.connection) {
                [weak self] refusal in self?.note("A request was refused: \(refusal)")
            }
        case "Page.frameNavigated":
            guard let frame = try? event.parameters(FrameNavigated.self).frame, frame.parentId == nil else { return }
            self.change { state in
                state.url = frame.url + (frame.urlFragment ?? "")
                state.loaderID = frame.loaderId
                state.milestones = []
                state.contextID = nil
            }
        case "Page.navigatedWithinDocument":
            guard let frame = try? event.parameters(FrameURL.self), frame.frameId == self.targetID else { return }
            self.change { state in
                state.url = frame.url
                state.loadingFrames.remove(frame.frameId)
            }
        case "Page.lifecycleEvent":
            guard let lifecycle = try? event.parameters(LifecycleEvent.self), lifecycle.frameId == self.targetID
            else { return }
            self.change { state in
                if state.loaderID == lifecycle.loaderId { state.milestones.insert(lifecycle.name) }
            }
        case "Runtime.executionContextCreated": self.adopt(event)
        case "Page.frameRequestedNavigation", "Page.frameStartedNavigating", "Page.frameStartedLoading":
            self.setNavigating(true, event)
        case "Page.frameStoppedLoading", "Page.frameDetached":
            self.setNavigating(false, event)
        case "Page.javascriptDialogOpening":
            guard let dialog = try? event.parameters(DialogOpening.self) else { return }
            self.answer(dialog)
        case "Inspector.targetCrashed":
            self.markGone("The page crashed. Open its address again, or another one.")
        default: break
        }
    }

    private func setNavigating(_ isNavigating: Bool, _ event: CDPConnection.Event) {
        // A jump within the document (`sameDocument`, `historySameDocument`) loads nothing.
        guard let frame = try? event.parameters(FrameReference.self),
            frame.navigationType?.lowercased().hasSuffix("samedocument") != true
        else { return }
        self.change { state in
            if isNavigating {
                state.loadingFrames.insert(frame.frameId)
            } else {
                state.loadingFrames.remove(frame.frameId)
            }
        }
    }

    /// A dialog holds up everything else in its page, so it is answered at once: never with yes, because a page
    /// may ask for anything.
    private func answer(_ dialog: DialogOpening) {
        self.post("Page.handleJavaScriptDialog", ["accept": false])
        let kind = dialog.type == "alert" ? "The page showed the message" : "The page asked to \(dialog.type)"
        let outcome = dialog.type == "alert" ? "" : " It was answered with no; nothing was confirmed."
        self.note("\(kind) \"\(dialog.message)\".\(outcome)")
    }

    func note(_ text: String) {
        self.change { state in
            if state.notes.count < 20, !state.notes.contains(text) { state.notes.append(text) }
        }
    }
}
