import AgentEvents

/// The wall in the browser: applies an ``AddressPolicy`` to what it requests, through the `Fetch` domain.
///
/// Where requests also pass a ``FilteringProxy``, that one judges the addresses that names stand for, and connects to
/// what it has judged. Without it a name may change its meaning between our look-up and the browser's own, so the
/// address that has answered is looked at too, and a page with a forbidden one is left: late, but before it is read.
struct AddressGate: Sendable {
    let policy: AddressPolicy
    let resolver: HostResolver
    /// Whether requests pass the proxy too.
    let isFiltered: Bool

    /// Why an address may not be reached; `nil` where it may.
    func refusal(of address: String, isDocument: Bool = true) async -> String? {
        switch self.policy.verdict(on: address, isDocument: isDocument) {
        case .allowed: return nil
        case .refused(let reason): return reason
        case .dependsOn(let host): return await self.resolver.refusal(of: host)
        }
    }

    // MARK: In a session

    /// Has a session's requests come to ``receive(_:session:connection:onRefusal:)``, before it makes any.
    /// - Throws: ``BrowserError`` where the browser refuses it: nothing must be opened then.
    func wallIn(_ session: String, _ connection: CDPConnection) async throws {
        // Each paused request costs a round trip. Where the proxy judges all there is to judge about the parts of
        // pages, only documents are paused.
        let documents: JSONValue = ["patterns": [["urlPattern": "*", "resourceType": "Document"]]]
        let isPartOnly = self.isFiltered && !self.policy.hasRulesForResources
        try await connection.send("Fetch.enable", isPartOnly ? documents : [:], session: session)
        guard !self.isFiltered else { return }
        try await connection.send(
            "Network.enable", ["maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0],
            session: session)
    }

    private struct Paused: Decodable {
        struct Request: Decodable { var url: String }
        var requestId: String
        var resourceType: String
        var request: Request
    }

    private struct Answered: Decodable {
        struct Response: Decodable {
            var url: String
            var remoteIPAddress: String?
        }
        var response: Response
    }

    private struct SocketCreated: Decodable { var url: String }

    /// Judges a session's requests. Names that must be looked up are judged aside. Must not wait.
    /// - Parameters:
    ///   - onRefusal: Called with the reason why something was not requested.
    ///   - onBreach: Called with the reason why something should not have been reached.
    /// - Returns: Whether the event was one for the wall.
    func receive(
        _ event: CDPConnection.Event, session: String, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void, onBreach: @escaping @Sendable (String) -> Void
    ) -> Bool {
        switch event.method {
        case "Fetch.requestPaused":
            if let paused = try? event.parameters(Paused.self) {
                self.judge(paused, session: session, connection: connection, onRefusal: onRefusal)
            }
        case "Network.responseReceived":
            guard let response = try? event.parameters(Answered.self).response,
                let remote = response.remoteIPAddress, let address = IPAddress(remote), !address.isPublic,
                case .dependsOn(let host) = self.policy.verdict(on: response.url, isDocument: false)
            else { break }
            onBreach(AddressPolicy.explain("\(host) (\(remote))"))
        case "Network.webSocketCreated", "Network.webTransportCreated":
            // `Fetch` does not pause these.
            guard let socket = try? event.parameters(SocketCreated.self) else { break }
            switch self.policy.verdict(on: socket.url, isDocument: false) {
            case .allowed: break
            case .refused(let reason): onBreach(reason)
            case .dependsOn(let host):
                // Ends with the look-up.
                Task { if let reason = await self.resolver.refusal(of: host) { onBreach(reason) } }
            }
        default: return false
        }
        return true
    }

    /// Lets a paused request go on or stops it. Each hop of a redirect is a request.
    private func judge(
        _ paused: Paused, session: String, connection: CDPConnection, onRefusal: @escaping @Sendable (String) -> Void
    ) {
        let isDocument = paused.resourceType == "Document"
        @Sendable func decide(_ refusal: String?) {
            if let refusal {
                // A document that is aborted leaves the page as it is; one that fails puts an error in its place.
                connection.post(
                    "Fetch.failRequest",
                    [
                        "requestId": .string(paused.requestId),
                        "errorReason": isDocument ? "Aborted" : "BlockedByClient",
                    ], session: session)
                onRefusal(refusal)
            } else {
                connection.post("Fetch.continueRequest", ["requestId": .string(paused.requestId)], session: session)
            }
        }
        switch self.policy.verdict(on: paused.request.url, isDocument: isDocument) {
        case .allowed: decide(nil)
        case .refused(let reason): decide(reason)
        case .dependsOn(let host):
            // Of documents a person or a model should hear in words; the rest is the proxy's, where there is one.
            if self.isFiltered, !isDocument { return decide(nil) }
            // Ends with the look-up, which the system bounds; the request it answers may be gone by then.
            Task { decide(await self.resolver.refusal(of: host)) }
        }
    }
}
