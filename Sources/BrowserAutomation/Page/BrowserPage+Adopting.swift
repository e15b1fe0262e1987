import AgentEvents
import Synchronization

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

    /// Learns what a tab shows that was there before this connection: its document, and the world of our script in
    /// it, where an earlier connection of ours has made one. So references to controls outlive the connection.
    ///
    /// The milestones of the document come by themselves once lifecycle events are switched on.
    func adopt() async throws {
        let frame = try await self.connection.send("Page.getFrameTree", session: self.sessionID, as: FrameTree.self)
            .frameTree.frame
        self.change { state in
            // A navigation that has been reported meanwhile knows better.
            guard state.loaderID == nil else { return }
            state.url = frame.url + (frame.urlFragment ?? "")
            state.loaderID = frame.loaderId
        }
        // Nobody judged where the page went while there was no connection.
        if let refusal = await self.gate.refusal(of: self.url) {
            try await self.connection.send("Page.navigate", ["url": "about:blank"], session: self.sessionID)
            self.note("A page was left that had been opened while the connection was lost: \(refusal)")
        }
        // Switching it on reports each context that exists, before the answer.
        try await self.connection.send("Runtime.enable", session: self.sessionID)
        try await self.connection.send("Runtime.disable", session: self.sessionID)
    }

    /// Takes note of a context that was reported; ours is known by its name.
    func adopt(_ event: CDPConnection.Event) {
        guard let context = try? event.parameters(ContextCreated.self).context, context.name == Self.worldName,
            context.auxData?.frameId == self.targetID
        else { return }
        let document = ScriptedDocument(frame: self.targetID, session: self.sessionID, context: context.id)
        self.state.withLock { $0.documents[.main] = document }
    }
}
