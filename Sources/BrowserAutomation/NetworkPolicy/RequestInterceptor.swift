import AgentEvents
import FoundationEssentials
import Synchronization

/// The wall in the browser: applies an ``AddressPolicy`` to what it requests, through the `Fetch` domain.
///
/// Where requests also pass a ``FilteringProxy``, that one judges the addresses that names stand for, and connects to
/// what it has judged. Without it a name may change its meaning between our look-up and the browser's own, so the
/// address that has answered is looked at too, and a page with a forbidden one is left: late, but before it is read.
struct RequestInterceptor: Sendable {
    let policy: AddressPolicy
    let resolver: HostResolver
    /// Whether requests pass the proxy too.
    let isFiltered: Bool
    private let passed = PassedRequests()
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
    func enable(_ session: String, _ connection: CDPConnection) async throws {
        // Each paused request costs a round trip. Where the proxy judges all there is to judge about the parts of
        // pages, and nobody else does, only documents are paused.
        let documents: JSONValue = ["patterns": [["urlPattern": "*", "resourceType": "Document"]]]
        let isPartOnly = self.isFiltered && !self.policy.hasRulesForResources && self.judge == nil
        try await connection.send("Fetch.enable", isPartOnly ? documents : [:], session: session)
        let limits: JSONValue = ["maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0]
        // A tab that waits to be let run answers this only then, and the proxy is there already.
        guard !self.isFiltered else { return connection.post("Network.enable", limits, session: session) }
        try await connection.send("Network.enable", limits, session: session)
    }

    /// Has what no page sends come to ``receive(_:session:document:connection:onRefusal:onViolation:)``, too: the requests of
    /// shared workers are not always paused in their own sessions. Only where requests are judged.
    func watchWorkers(_ connection: CDPConnection) async {
        guard self.judge != nil else { return }
        let patterns: [JSONValue] = ["XHR", "Fetch", "Ping"].map { ["urlPattern": "*", "resourceType": .string($0)] }
        // A browser that refuses this has walls in its sessions all the same.
        try? await connection.send("Fetch.enable", ["patterns": .array(patterns)])
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
    ///   - onViolation: Called with the reason why something should not have been reached.
    /// - Returns: Whether the event was one for the wall.
    func receive(
        _ event: CDPConnection.Event, session: String?, document: String? = nil, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void, onViolation: @escaping @Sendable (String) -> Void
    ) -> Bool {
        switch event.method {
        case "Fetch.requestPaused":
            if let paused = try? event.parameters(Paused.self) {
                self.judge(
                    paused, session: session, document: document, connection: connection, onRefusal: onRefusal)
            }
        // Where the proxy judges the addresses that names stand for, these come too late to matter.
        case _ where self.isFiltered: return event.method.hasPrefix("Network.")
        case "Network.responseReceived":
            guard let response = try? event.parameters(Answered.self).response,
                let remote = response.remoteIPAddress, let address = IPAddress(remote), !address.isPublic,
                case .dependsOn(let host) = self.policy.verdict(on: response.url, isDocument: false)
            else { break }
            onViolation(AddressPolicy.explain("\(host) (\(remote))"))
        case "Network.webSocketCreated", "Network.webTransportCreated":
            // `Fetch` does not pause these.
            guard let socket = try? event.parameters(SocketCreated.self) else { break }
            switch self.policy.verdict(on: socket.url, isDocument: false) {
            case .allowed: break
            case .refused(let reason): onViolation(reason)
            case .dependsOn(let host):
                // Ends with the look-up.
                Task { if let reason = await self.resolver.refusal(of: host) { onViolation(reason) } }
            }
        default: return false
        }
        return true
    }

    /// Whether a request is not to be made. What has passed in its own session comes to the browser's once more.
    private func stops(_ request: PageRequest, _ session: String?) -> Bool {
        guard let judge else { return false }
        if session == nil, self.passed.take(request) { return false }
        guard judge(request) == .pass else { return true }
        if session != nil { self.passed.note(request) }
        return false
    }

    /// Lets a paused request go on or stops it. Each hop of a redirect is a request.
    private func judge(
        _ paused: Paused, session: String?, document: String?, connection: CDPConnection,
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
            } else if self.stops(PageRequest(paused, document: document), session) {
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

/// The requests that have passed in the sessions of their pages a moment ago.
private final class PassedRequests: Sendable {
    private struct State {
        var times: [Int: [ContinuousClock.Instant]] = [:]
        var count = 0
    }

    private static let moment = Duration.seconds(5)
    private let state = Mutex(State())

    private static func key(_ request: PageRequest) -> Int {
        var hasher = Hasher()
        hasher.combine(request.method)
        hasher.combine(request.url)
        hasher.combine(request.body)
        return hasher.finalize()
    }

    func note(_ request: PageRequest) {
        guard ["XHR", "Fetch", "Ping"].contains(request.type) else { return }
        let now = ContinuousClock.now
        self.state.withLock { state in
            state.times[Self.key(request), default: []].append(now)
            state.count += 1
            guard state.count > 1000 else { return }
            state.times = state.times.mapValues { $0.filter { now - $0 < Self.moment } }.filter { !$0.value.isEmpty }
            state.count = state.times.values.reduce(0) { $0 + $1.count }
        }
    }

    /// Whether it has passed, which counts once.
    func take(_ request: PageRequest) -> Bool {
        let key = Self.key(request)
        return self.state.withLock { state in
            guard let time = state.times[key]?.popLast() else { return false }
            if state.times[key]?.isEmpty ?? false { state.times[key] = nil }
            state.count -= 1
            return .now - time < Self.moment
        }
    }
}

extension PageRequest {
    fileprivate init(_ paused: RequestInterceptor.Paused, document: String?) {
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
            referrer: request.headers.first { $0.key.lowercased() == "referer" }?.value, document: document)
    }
}
