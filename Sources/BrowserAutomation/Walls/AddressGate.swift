import AgentEvents
import FoundationEssentials

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
    /// Has the last word about what the policy lets through.
    var judge: (@Sendable (PageRequest) -> RequestVerdict)?

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
        // pages, and nobody else does, only documents are paused.
        let documents: JSONValue = ["patterns": [["urlPattern": "*", "resourceType": "Document"]]]
        let isPartOnly = self.isFiltered && !self.policy.hasRulesForResources && self.judge == nil
        try await connection.send("Fetch.enable", isPartOnly ? documents : [:], session: session)
        guard !self.isFiltered else { return }
        try await connection.send(
            "Network.enable", ["maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0],
            session: session)
    }

    fileprivate struct Paused: Decodable {
        struct Request: Decodable {
            struct Entry: Decodable { var bytes: String? }
            var url: String
            var method: String
            var headers: [String: String]
            var hasPostData: Bool?
            var postDataEntries: [Entry]?
        }
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
    ///   - document: Names what the tab shows.
    ///   - onRefusal: Called with the reason why something was not requested.
    ///   - onBreach: Called with the reason why something should not have been reached.
    /// - Returns: Whether the event was one for the wall.
    func receive(
        _ event: CDPConnection.Event, session: String, document: String? = nil, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void, onBreach: @escaping @Sendable (String) -> Void
    ) -> Bool {
        switch event.method {
        case "Fetch.requestPaused":
            if let paused = try? event.parameters(Paused.self) {
                self.judge(
                    paused, session: session, document: document, connection: connection, onRefusal: onRefusal)
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
        _ paused: Paused, session: String, document: String?, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void
    ) {
        let isDocument = paused.resourceType == "Document"
        @Sendable func stop(_ reason: JSONValue) {
            connection.post(
                "Fetch.failRequest", ["requestId": .string(paused.requestId), "errorReason": reason], session: session)
        }
        @Sendable func decide(_ refusal: String?) {
            if let refusal {
                // A document that is aborted leaves the page as it is; one that fails puts an error in its place.
                stop(isDocument ? "Aborted" : "BlockedByClient")
                onRefusal(refusal)
            } else if self.judge?(PageRequest(paused, document: document)) == .stop {
                stop("Aborted")
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

extension PageRequest {
    fileprivate init(_ paused: AddressGate.Paused, document: String?) {
        let request = paused.request
        let entries = request.postDataEntries ?? []
        // What stands in a file is told as an entry without bytes.
        let parts = entries.map { $0.bytes.flatMap { Data(base64Encoded: $0) } }
        let body = parts.compactMap(\.self).reduce(Data(), +)
        self.init(
            method: request.method.uppercased(), url: request.url, type: paused.resourceType,
            contentType: request.headers.first { $0.key.lowercased() == "content-type" }?.value ?? "",
            body: body.isEmpty ? nil : body,
            hasMore: parts.contains { $0 == nil } || (request.hasPostData ?? false) && entries.isEmpty,
            document: document)
    }
}
