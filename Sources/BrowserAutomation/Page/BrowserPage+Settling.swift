import AgentEvents
import Waiting

/// Waits until a page has finished what an action or a load started: requests, timers, mounting.
extension BrowserPage {
    private struct RequestBegan: Decodable {
        struct Request: Decodable { var url: String }
        var requestId: String
        /// Of the document that the request belongs to; empty for a worker's own script, whose end is never reported.
        var loaderId: String?
        var type: String?
        var request: Request
    }

    private struct RequestReference: Decodable { var requestId: String }

    private static let pending = String(decoding: PackageResources.pending_js, as: UTF8.self)
    private static let listeners = String(decoding: PackageResources.listeners_js, as: UTF8.self)
    private static let passkeys = String(decoding: PackageResources.passkeys_js, as: UTF8.self)
    /// For so long nothing changes before it counts as settled, in milliseconds.
    private static let quiet = 150

    private var pendingKey: JSONValue { .string("\(self.messageKey)-pending") }
    private var listenersKey: JSONValue { .string("\(self.messageKey)-listeners") }
    private var passkeysKey: JSONValue { .string("\(self.messageKey)-passkeys") }

    /// The arguments that tell the injected script how to reach the scripts in the main world.
    var keys: String { [self.pendingKey, self.listenersKey, self.passkeysKey].map(\.json).joined(separator: ",") }

    /// Has a CDP session report its requests, and adds the scripts that count timers, record listeners, and refuse passkeys to each
    /// of its documents.
    func watchWork(_ session: String) {
        self.watchBlobs(session)
        // Not awaited: a tab that waits for the debugger answers only once it runs.
        self.connection.post("Network.enable", RequestInterceptor.withoutBodies, session: session)
        self.addScript(Self.pending, self.pendingKey, session)
        self.addScript(Self.listeners, self.listenersKey, session)
        self.addScript(Self.passkeys, self.passkeysKey, session)
    }

    /// Has a script run in the main world of each new document of a CDP session, before the page's own scripts.
    /// - Parameter key: What the script is called with.
    func addScript(_ script: String, _ key: JSONValue, _ session: String) {
        self.connection.post(
            "Page.addScriptToEvaluateOnNewDocument",
            ["source": .string("\(script)(\(key.json))"), "runImmediately": true], session: session)
    }

    /// Takes an event of the `Network` domain.
    func noteRequest(_ event: CDPConnection.Event) {
        switch event.method {
        case "Network.requestWillBeSent":
            guard let began = try? event.parameters(RequestBegan.self), began.loaderId != "" else { return }
            // Nobody waits for a request to begin, so nobody is woken.
            self.state.withLock {
                $0.requests.begin(began.requestId, type: began.type ?? "Other", url: began.request.url, at: .now)
            }
        case "Network.responseReceived", "Network.dataReceived", "Network.eventSourceMessageReceived":
            guard self.followsRequests, let id = try? event.parameters(RequestReference.self).requestId else { return }
            self.state.withLock { $0.requests.hear(id, at: .now) }
        case "Network.loadingFinished", "Network.loadingFailed":
            guard self.followsRequests, let id = try? event.parameters(RequestReference.self).requestId else { return }
            self.state.change { $0.requests.end(id) }
        default: break
        }
    }

    private var followsRequests: Bool { self.state.withLock { !$0.requests.isEmpty } }

    /// Waits until what an action has started shows on the page. A page with nothing to come costs nothing.
    /// - Parameter place: What the page has said of itself after the action.
    /// - Returns: What it says now.
    func settleContent(_ place: PageInfo) async throws -> PageInfo {
        // A user who works in the page sees for themselves.
        guard self.state.withLock({ $0.requests.isActing }) else { return place }
        let deadline = ContinuousClock.now + self.configuration.settleTimeout
        var place = place
        while place.pending > 0 || place.isBlank || self.pendingRequests > 0, ContinuousClock.now < deadline {
            try await self.waitForRequests(until: deadline)
            let rest = max(Int((deadline - .now) / .milliseconds(1)), 0)
            _ = try await self.call("settled", [.integer(Self.quiet), .integer(rest), true], as: Bool.self)
            // A timer may have led to another page.
            _ = try await self.wait(until: deadline) { [targetID] in !$0.loading.frames.contains(targetID) }
            place = try await self.call("place", as: PageInfo.self)
        }
        if place.pending > 0 || self.pendingRequests > 0 {
            self.note("The page is still working; look again in a moment.")
        }
        return place
    }

    private var pendingRequests: Int { self.state.withLock { $0.requests.count(at: .now) } }

    private func waitForRequests(until deadline: ContinuousClock.Instant) async throws {
        while self.pendingRequests > 0, ContinuousClock.now < deadline {
            let silence = self.state.withLock { $0.requests.nextSilence(after: .now) } ?? deadline
            _ = try await self.wait(until: min(silence, deadline)) { $0.requests.count(at: .now) == 0 }
        }
    }
}
