import AgentEvents
import Waiting

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
        var type: String?
    }

    private struct FrameURL: Decodable {
        var frameId: String
        var url: String
    }

    private struct FrameReference: Decodable {
        var frameId: String
        var navigationType: String?
        var reason: String?
    }

    private struct LifecycleEvent: Decodable {
        var frameId: String
        var loaderId: String
        var name: String
    }

    private struct FileChooserOpened: Decodable { var backendNodeId: Int? }

    private struct DragIntercepted: Decodable { var data: JSONValue }

    static let fileNote = "The page asks for a file."

    /// The maximum length of a stored address, in characters, because pages choose how long their addresses are.
    static let longestAddress = 2000

    /// Handles an event of one of this tab's CDP sessions. It must not block, because the connection's read loop calls
    /// it.
    func receive(_ event: CDPConnection.Event, session: String) {
        if event.method.hasPrefix("Target.") { return self.onTarget(event, self) }
        if event.method.hasPrefix("Network.") { self.noteRequest(event) }
        let isJudged = self.gate.receive(
            event, session: session, document: self.documentID, connection: self.connection
        ) { [weak self] refusal in
            self?.note("A request was refused: \(refusal)")
        } onViolation: { [weak self] reason in
            self?.leave(because: reason)
        }
        if isJudged { return }
        switch event.method {
        case "Page.frameNavigated":
            guard let navigated = try? event.parameters(FrameNavigated.self) else { return }
            let isRestored = navigated.type == "BackForwardCacheRestore"
            self.navigated(navigated.frame, isRestored: isRestored)
            if isRestored, navigated.frame.id == self.targetID { self.onScreencastEvent(event, self) }
        case "Page.navigatedWithinDocument":
            guard let frame = try? event.parameters(FrameURL.self), frame.frameId == self.targetID else { return }
            self.state.change { state in
                state.url = String(frame.url.prefix(Self.longestAddress))
                state.loading.frames.remove(frame.frameId)
            }
        case "Page.lifecycleEvent":
            guard let lifecycle = try? event.parameters(LifecycleEvent.self), lifecycle.frameId == self.targetID
            else { return }
            self.state.change { state in
                if state.loading.loaderID == lifecycle.loaderId { state.loading.milestones.insert(lifecycle.name) }
            }
        case "Runtime.executionContextCreated": self.adopt(event)
        case "Page.frameRequestedNavigation", "Page.frameStartedNavigating", "Page.frameStartedLoading":
            self.setNavigating(true, event)
        case "Page.frameStoppedLoading", "Page.frameDetached":
            self.setNavigating(false, event)
        case "Page.javascriptDialogOpening":
            guard let dialog = try? event.parameters(DialogOpening.self) else { return }
            self.receive(dialog, session: session)
        case "Page.javascriptDialogClosed": self.state.change { $0.dialogs.open = nil }
        case "Page.fileChooserOpened":
            guard let node = try? event.parameters(FileChooserOpened.self).backendNodeId else { return }
            self.state.change { $0.fileChooser = FileChooser(session: session, node: node) }
            self.note(Self.fileNote)
        case "Input.dragIntercepted":
            guard let data = try? event.parameters(DragIntercepted.self).data else { return }
            self.state.change { $0.input.drag = data }
        case "Page.screencastFrame": self.onScreencastEvent(event, self)
        case "Inspector.targetCrashed":
            guard session == self.sessionID else { return }
            self.markGone("The page crashed. Open its address again, or another one.")
        default: break
        }
    }

    private func navigated(_ frame: FrameNavigated.Frame, isRestored: Bool) {
        self.state.change { state in
            let isMain = frame.id == self.targetID
            // The documents inside a frame disappear with it.
            let paths = state.frames.documents.filter { isMain || $0.value.frame == frame.id }.keys
            state.frames.documents = state.frames.documents.filter { document in
                !paths.contains { document.key.keys.starts(with: $0.keys) }
            }
            guard isMain else { return }
            state.url = String((frame.url + (frame.urlFragment ?? "")).prefix(Self.longestAddress))
            state.loading.loaderID = frame.loaderId
            state.requests.beginDocument()
            // A cached document is complete, and the browser reports nothing more about it.
            state.loading.milestones = isRestored ? ["DOMContentLoaded", "load"] : []
            if isRestored { state.loading.frames = [] }
            state.fileChooser = nil
            state.dialogs.decide = nil
        }
    }

    /// Leaves a page that has reached a prohibited address.
    private func leave(because reason: String) {
        self.note("The page was left: \(reason)")
        self.post("Page.stopLoading")
        self.post("Page.navigate", ["url": "about:blank"])
    }

    private func setNavigating(_ isNavigating: Bool, _ event: CDPConnection.Event) {
        // A navigation within the document (`sameDocument`, `historySameDocument`) loads nothing, and a frame that
        // moves to another process (`swap`) continues to load there.
        guard let frame = try? event.parameters(FrameReference.self),
            frame.navigationType?.lowercased().hasSuffix("samedocument") != true, frame.reason != "swap"
        else { return }
        self.state.change { state in
            if isNavigating {
                state.loading.frames.insert(frame.frameId)
            } else {
                state.loading.frames.remove(frame.frameId)
            }
        }
    }
}
