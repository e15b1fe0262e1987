import AgentEvents
import Waiting

extension BrowserPage {
    private struct FrameTree: Decodable {
        struct Tree: Decodable { var frame: Frame }
        struct Frame: Decodable {
            var loaderId: String
            var url: String
            var urlFragment: String?
        }
        var frameTree: Tree
    }

    private struct ContextCreated: Decodable {
        struct Context: Decodable {
            var id: Int
            var name: String
            var auxData: Frame?
        }
        struct Frame: Decodable { var frameId: String? }
        var context: Context
    }

    /// Adopts a tab that was open before this connection: finds out which document it shows, and finds the isolated
    /// world that an earlier connection created in it. Element references therefore outlive a connection.
    ///
    /// The browser reports the milestones of the document when lifecycle events are enabled.
    func adopt() async throws {
        let frame = try await self.connection.send("Page.getFrameTree", session: self.sessionID, as: FrameTree.self)
            .frameTree.frame
        self.state.change { state in
            // A navigation that was reported in the meantime is more recent.
            guard state.loading.loaderID == nil else { return }
            state.url = frame.url + (frame.urlFragment ?? "")
            state.loading.loaderID = frame.loaderId
        }
        // Nothing checked the page's address while there was no connection.
        if let refusal = await self.gate.refusal(of: self.url) {
            try await self.connection.send("Page.navigate", ["url": "about:blank"], session: self.sessionID)
            self.note("A page was left that had been opened while the connection was lost: \(refusal)")
        }
        // Enabling the domain reports each existing execution context before the answer.
        try await self.connection.send("Runtime.enable", session: self.sessionID)
        try await self.connection.send("Runtime.disable", session: self.sessionID)
    }

    /// Stores an execution context that the browser reported, if its name is that of the injected script.
    func adopt(_ event: CDPConnection.Event) {
        guard let context = try? event.parameters(ContextCreated.self).context, context.name == Self.worldName,
            context.auxData?.frameId == self.targetID
        else { return }
        let document = ScriptedDocument(frame: self.targetID, session: self.sessionID, context: context.id)
        self.state.withLock { $0.frames.documents[.main] = document }
    }
}
