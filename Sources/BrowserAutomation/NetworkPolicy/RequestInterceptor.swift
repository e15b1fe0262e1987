import AgentEvents
import FoundationEssentials
import Synchronization

/// Enforces an ``AddressPolicy`` in the browser by intercepting its requests through the CDP `Fetch` domain.
///
/// If requests also go through a ``FilteringProxy``, the proxy checks the addresses that host names resolve to, and
/// connects to the addresses that it checked. Without a proxy, a name may resolve to different addresses in this
/// process and in the browser. The interceptor then also checks the address that answered, and leaves the page if the
/// address is prohibited. That happens after the request, but before the page is read. It isn't known for a file that is
/// taken over the connection.
struct RequestInterceptor: Sendable {
    let policy: AddressPolicy
    let resolver: HostResolver
    /// Whether requests also go through the proxy.
    let isFiltered: Bool
    private let passed = PassedRequests()
    /// Takes the responses that are files; `nil` if the browser saves them itself.
    var takeFile: (@Sendable (_ file: FileResponse, _ session: String?, _ connection: CDPConnection) -> Void)?
    /// Called before a document is requested. Returns what the request waits for, if anything: a function that returns a
    /// document to show instead.
    var prepareDocument: (@Sendable (_ url: String, _ method: String, _ frame: String) -> Preparation?)?

    typealias Preparation = @Sendable () async -> String?
    /// Makes the final decision about the requests that the policy allows.
    var judge: (@Sendable (PageRequest) -> RequestVerdict)?

    /// The reason why an address may not be reached; `nil` if it may.
    func refusal(of address: String, isDocument: Bool = true) async -> String? {
        switch self.policy.verdict(on: address, isDocument: isDocument) {
        case .allowed: return nil
        case .refused(let reason): return reason
        case .dependsOn(let host): return await self.resolver.refusal(of: host)
        }
    }

    // MARK: Interception

    /// The parameters of `Network.enable` that keep Chromium from buffering bodies.
    static let withoutBodies: JSONValue = ["maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0]

    /// Enables interception for a CDP session, so that its requests pause and arrive at
    /// ``receive(_:session:document:connection:onRefusal:onViolation:)``.
    /// - Throws: ``BrowserError`` if the browser rejects the command. The caller must then not open anything in the
    ///   session.
    func enable(_ session: String, _ connection: CDPConnection) async throws {
        // Each paused request costs a round trip. Pause only documents if the proxy enforces all rules for resources
        // and there is no judge.
        let isPartOnly = self.isFiltered && !self.policy.hasRulesForResources && self.judge == nil
        var patterns: [JSONValue] = [
            isPartOnly ? ["urlPattern": "*", "resourceType": "Document"] : ["urlPattern": "*"]
        ]
        if self.takeFile != nil {
            patterns.append(["urlPattern": "*", "resourceType": "Document", "requestStage": "Response"])
        }
        try await connection.send("Fetch.enable", ["patterns": .array(patterns)], session: session)
        guard !self.isFiltered else { return }
        // A tab that a page has opened answers this only once it runs, and it may not run before this returns.
        connection.post("Network.enable", Self.withoutBodies, session: session)
    }

    /// Also intercepts requests at the browser level, because the requests of shared workers do not always pause in
    /// their own sessions. Does nothing without a judge.
    func watchWorkers(_ connection: CDPConnection) async {
        guard self.judge != nil else { return }
        let patterns: [JSONValue] = ["XHR", "Fetch", "Ping"].map { ["urlPattern": "*", "resourceType": .string($0)] }
        // If the browser rejects this, interception in the individual sessions still works.
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
        struct Header: Decodable {
            var name: String
            var value: String
        }
        var requestId: String
        var resourceType: String
        var frameId: String?
        var request: Request
        /// Present if the response is paused, and not the request.
        var responseStatusCode: Int?
        var responseErrorReason: String?
        var responseHeaders: [Header]?
    }

    private struct Answered: Decodable {
        struct Response: Decodable {
            var url: String
            var remoteIPAddress: String?
        }
        var response: Response
    }

    private struct SocketCreated: Decodable { var url: String }

    /// Handles an event of a CDP session and decides about its requests. It must not block, so host names are resolved
    /// in separate tasks.
    /// - Parameters:
    ///   - document: An identifier of the document that the tab shows.
    ///   - onRefusal: Called with the reason why a request was not made.
    ///   - onViolation: Called with the reason why the page should not have reached an address.
    /// - Returns: Whether the event belongs to the interceptor.
    func receive(
        _ event: CDPConnection.Event, session: String?, document: String? = nil, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void, onViolation: @escaping @Sendable (String) -> Void
    ) -> Bool {
        switch event.method {
        case "Fetch.requestPaused":
            if let paused = try? event.parameters(Paused.self) {
                if paused.responseStatusCode != nil || paused.responseErrorReason != nil {
                    self.pass(response: paused, session, connection)
                    return true
                }
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
            // `Fetch` does not pause sockets.
            guard let socket = try? event.parameters(SocketCreated.self) else { break }
            switch self.policy.verdict(on: socket.url, isDocument: false) {
            case .allowed: break
            case .refused(let reason): onViolation(reason)
            case .dependsOn(let host):
                // The task ends with the lookup.
                Task { if let reason = await self.resolver.refusal(of: host) { onViolation(reason) } }
            }
        default: return false
        }
        return true
    }

    /// Takes a paused response that is a file, and lets every other one through.
    private func pass(response paused: Paused, _ session: String?, _ connection: CDPConnection) {
        let headers = Dictionary((paused.responseHeaders ?? []).map { ($0.name.lowercased(), $0.value) }) { $1 }
        if let takeFile, [200, 201, 203].contains(paused.responseStatusCode),
            let file = FileResponse(request: paused.requestId, url: paused.request.url, headers: headers)
        {
            return takeFile(file, session, connection)
        }
        connection.post("Fetch.continueRequest", ["requestId": .string(paused.requestId)], session: session)
    }

    /// Whether to stop a request. A request that passed in its own session pauses again at the browser level, and is
    /// not judged twice.
    private func stops(_ request: PageRequest, _ session: String?) -> Bool {
        guard let judge else { return false }
        if session == nil, self.passed.take(request) { return false }
        guard judge(request) == .pass else { return true }
        if session != nil { self.passed.note(request) }
        return false
    }

    private static func answer(_ document: String, to request: String) -> JSONValue {
        [
            "requestId": .string(request), "responseCode": 200,
            "responseHeaders": [
                ["name": "Content-Type", "value": "text/html; charset=utf-8"],
                ["name": "Cache-Control", "value": "no-store"],
            ],
            "body": .string(Data(document.utf8).base64EncodedString()),
        ]
    }

    /// Continues or fails a paused request. Each hop of a redirect is a separate request.
    private func judge(
        _ paused: Paused, session: String?, document: String?, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void
    ) {
        let isDocument = paused.resourceType == "Document"
        @Sendable func stop(_ reason: JSONValue) {
            connection.post(
                "Fetch.failRequest", ["requestId": .string(paused.requestId), "errorReason": reason], session: session)
        }
        @Sendable func judge() {
            if self.stops(PageRequest(paused, document: document), session) { return stop("Aborted") }
            connection.post("Fetch.continueRequest", ["requestId": .string(paused.requestId)], session: session)
        }
        @Sendable func decide(_ refusal: String?) {
            if let refusal {
                // Aborting a document leaves the current page in place. Any other failure replaces it with an error
                // page.
                stop(isDocument ? "Aborted" : "BlockedByClient")
                onRefusal(refusal)
            } else if isDocument, let frame = paused.frameId,
                let prepare = self.prepareDocument?(paused.request.url, paused.request.method, frame)
            {
                // The task ends with the preparation. The paused request may be gone by then.
                Task {
                    // What is answered here is not sent, so it isn't judged.
                    guard let shown = await prepare() else { return judge() }
                    connection.post("Fetch.fulfillRequest", Self.answer(shown, to: paused.requestId), session: session)
                }
            } else {
                judge()
            }
        }
        switch self.policy.verdict(on: paused.request.url, isDocument: isDocument) {
        case .allowed: decide(nil)
        case .refused(let reason): decide(reason)
        case .dependsOn(let host):
            // For a document, the caller needs the reason as text. The proxy checks everything else.
            if self.isFiltered, !isDocument { return decide(nil) }
            // The task ends with the lookup, which the system limits. The paused request may be gone by then.
            Task { decide(await self.resolver.refusal(of: host)) }
        }
    }
}

/// The requests that passed in the sessions of their pages within the last few seconds.
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

    /// Whether the request has passed recently. Each passed request counts once.
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
        // Chromium reports the content of a file as an entry without bytes.
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
