package import AWSClient
package import AgentEvents
import AgentLoop
package import BrowserAutomation
import Crypto
import FoundationEssentials
package import Logging
import NIOHTTP1
import TextCoding
import WebSocketClient

/// Browsers in AgentCore: a Chromium in the cloud for each session, controlled through a CDP WebSocket. Each connection
/// signs its own handshake.
///
/// Source: Amazon Bedrock AgentCore developer guide, "Browser tool", and botocore's model of the data plane.
package struct AgentCoreBrowser: BrowserSource {
    package struct Configuration: Sendable {
        /// The AWS-managed browser, or the id of a custom one.
        package var identifier = "aws.browser.v1"
        /// How long a session lives, whether used or not, in seconds; 1 to 28,800.
        package var sessionTimeout = 3600
        package var viewport = BrowserConfiguration().viewport

        package init() {}
    }

    /// The maximum validity of a live view address, in seconds.
    package static let longestView = 300

    private let client: AWSClient
    private let configuration: Configuration
    private let logger: Logger

    package init(_ client: AWSClient, configuration: Configuration = .init(), logger: Logger) {
        self.client = client
        self.configuration = configuration
        self.logger = logger
    }

    // MARK: Browser source

    package func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
        let reference: BrowserReference
        do {
            // Complete the request even if the caller is canceled. The session exists either way, and its reference is
            // needed to stop it.
            reference = try await withoutCancellation { try await self.startSession(name: name) }
        } catch let error as AWSError {
            throw BrowserError(.cannotStart, self.explain(error, permission: "StartBrowserSession"))
        }
        return self.endpoint(reference, readyBy: .now + .seconds(10))
    }

    package func attach(to reference: BrowserReference) async throws -> BrowserEndpoint {
        do {
            let session = try await self.session(reference)
            guard session.status == .ready else {
                throw BrowserError(
                    .browserGone, "The browser session \(reference.session) has ended. Start a new one.")
            }
        } catch let error as AWSError {
            // Only a missing session has certainly ended.
            throw BrowserError(
                error.code == .notFound ? .browserGone : .protocolFailure,
                self.explain(error, permission: "GetBrowserSession"))
        }
        return self.endpoint(reference, readyBy: .now)
    }

    package func stopAll(name: String) async {
        do {
            for session in try await self.sessions(status: .ready) where session.name == Self.sessionName(name) {
                _ = await self.end(.init(browser: self.configuration.identifier, session: session.id))
            }
        } catch {
            // The sessions end by their own timeout at the latest.
            self.logger.warning("Browsers that were left could not be looked for", metadata: ["error": "\(error)"])
        }
    }

    private func endpoint(
        _ reference: BrowserReference, readyBy: ContinuousClock.Instant
    ) -> BrowserEndpoint {
        BrowserEndpoint(reference: reference) {
            try await self.connect(reference, readyBy: readyBy)
        } stop: {
            await self.end(reference)
        }
    }

    /// Stops a session even if the task is canceled, because a canceled run must close its browser too. The timeouts of
    /// `AWSClient` limit the duration.
    private func end(_ reference: BrowserReference) async -> Bool {
        do {
            try await withoutCancellation { try await self.stop(reference) }
            return true
        } catch {
            self.logger.warning(
                "A browser session could not be stopped; it ends by its own timeout",
                metadata: ["id": "\(reference.session)", "error": "\(error)"])
            return false
        }
    }

    /// Returns the name if the service accepts it, and otherwise a shorter unique name that is derived from it.
    private static func sessionName(_ name: String) -> String {
        guard name.count > 100 else { return name }
        return "\(name.prefix(60)) \(SHA256.hash(data: Array(name.utf8)).prefix(16).hexadecimal)"
    }

    // MARK: Automation stream

    /// Opens the CDP WebSocket.
    /// - Parameter readyBy: The time until which a session that was just started may not be ready, so that the
    ///   connection is retried. If the service is temporarily unreachable, the connection is retried in any case,
    ///   because the browser keeps running.
    /// - Throws: ``BrowserError`` with the known causes of a refusal.
    private func connect(
        _ reference: BrowserReference, readyBy: ContinuousClock.Instant
    ) async throws -> WebSocketConnection {
        let outageEnds = ContinuousClock.now + .seconds(15)
        let personEnds = ContinuousClock.now + .seconds(self.configuration.sessionTimeout)
        var pause = Duration.milliseconds(200)
        while true {
            do {
                return try await self.client.openSocket(
                    "ConnectBrowserAutomationStream", of: .agentCore, path: try Self.path(reference, "automation"))
            } catch let error as AWSError {
                if error.code == .accessDenied, await self.isDisabled(reference), .now < personEnds {
                    // The user is working in an external live view, which disables the automation stream. The browser
                    // keeps its page, so wait for the stream.
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                let timeout: ContinuousClock.Instant? =
                    switch error.code {
                    case .notFound: readyBy
                    // A session has one automation stream, and the service may not have noticed yet that the last one
                    // broke.
                    case _ where error.isTransient: outageEnds
                    default: nil
                    }
                guard let timeout, .now + pause < timeout else {
                    throw BrowserError(.browserGone, Self.explain(error, reference))
                }
                try await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }

    /// Returns whether the session's automation stream is disabled, as it is while the user works in the browser
    /// elsewhere.
    private func isDisabled(_ reference: BrowserReference) async -> Bool {
        // A failed lookup is no reason to wait.
        guard let session = try? await self.session(reference) else { return false }
        return session.status == .ready && session.isAutomationDisabled
    }

    private static func explain(_ error: AWSError, _ reference: BrowserReference) -> String {
        let cause: String? =
            switch error.code {
            case .accessDenied:
                "The role lacks bedrock-agentcore:ConnectBrowserAutomationStream, the handshake lost its signed headers "
                    + "on the way, this machine's clock is wrong, or the stream was disabled for a person."
            case .notFound: "The session has ended, or it belongs to another region."
            default: nil
            }
        return "Cannot connect to the browser session \(reference.session): \(error)" + (cause.map { " \($0)" } ?? "")
    }

    private func explain(_ error: AWSError, permission: String) -> String {
        switch error.code {
        case .accessDenied: "\(error) Grant the role bedrock-agentcore:\(permission)."
        case .notFound: "\(error) Check the browser '\(self.configuration.identifier)' and the region."
        case .quotaExceeded: "\(error) Too many browser sessions run; stop some, or raise the quota."
        default: "\(error)"
        }
    }

    private static func path(_ reference: BrowserReference, _ stream: String) throws -> String {
        guard (1...40).contains(reference.session.utf8.count),
            reference.session.utf8.allSatisfy(\.isASCIIAlphanumeric)
        else { throw AWSError(.invalidInput, "'\(reference.session.printable)' is no id of a browser session.") }
        return try AWSRequest(
            "Connect", of: .agentCore, .GET, "/browser-streams/{browser}/sessions/{session}/\(stream)",
            labels: ["browser": reference.browser, "session": reference.session]
        ).path
    }

    /// Returns an address where the user can watch the session with an Amazon DCV client.
    /// - Parameter expiry: How long the address can be used to connect, in seconds; 1 to 300.
    /// - Throws: ``AWSError``.
    package func liveViewURL(
        _ reference: BrowserReference, expiry: Int = AgentCoreBrowser.longestView
    ) async throws -> String {
        try await self.client.presignedURL(
            of: .agentCore, path: try Self.path(reference, "live-view"), expiry: expiry, isSocket: false)
    }

    package func externalLiveView(of reference: BrowserReference) async throws -> ExternalLiveView? {
        // Signing succeeds even if the session has ended, so look it up first.
        _ = try await self.attach(to: reference)
        let expiry = Date(timeIntervalSinceNow: TimeInterval(Self.longestView))
        do {
            return ExternalLiveView(
                url: try await self.liveViewURL(reference), expiresAt: .init(date: expiry),
                viewport: self.configuration.viewport)
        } catch let error as AWSError {
            throw BrowserError(
                .protocolFailure, self.explain(error, permission: "ConnectBrowserLiveViewStream"))
        }
    }
}

// MARK: - Sessions

extension AgentCoreBrowser {
    /// A session, as the service describes it.
    package struct Session: Sendable, Hashable {
        package enum Status: String, Sendable {
            case ready = "READY"
            case terminated = "TERMINATED"
        }

        package var id: String
        package var name: String?
        package var status: Status
        /// Whether the automation stream is disabled; `false` if the service does not say.
        package var isAutomationDisabled: Bool

        fileprivate init?(_ json: JSONValue) {
            guard let id = json["sessionId"]?.string,
                let status = json["status"]?.string.flatMap(Status.init(rawValue:))
            else { return nil }
            self.id = id
            self.status = status
            self.name = json["name"]?.string
            self.isAutomationDisabled = json["streams"]?["automationStream"]?["streamStatus"] == "DISABLED"
        }
    }

    /// Starts a session.
    /// - Throws: ``AWSError``.
    package func startSession(name: String) async throws -> BrowserReference {
        var request = try self.request("StartBrowserSession", .PUT, "start")
        request.setJSON([
            "name": .string(Self.sessionName(name)),
            "sessionTimeoutSeconds": .integer(self.configuration.sessionTimeout),
            "viewPort": [
                "width": .integer(self.configuration.viewport.width),
                "height": .integer(self.configuration.viewport.height),
            ],
            // The token is the same for all attempts, so that a retry after a lost response does not start a second
            // browser.
            "clientToken": .string(UUID().uuidString),
        ])
        request.timeout = .seconds(90)
        let response = try await self.client.execute(request)
        let json = try await response.json()
        guard let session = json["sessionId"]?.string else { throw response.bad("names no session") }
        return BrowserReference(
            browser: json["browserIdentifier"]?.string ?? self.configuration.identifier, session: session)
    }

    /// Returns the session.
    /// - Throws: ``AWSError``.
    package func session(_ reference: BrowserReference) async throws -> Session {
        var request = try self.request("GetBrowserSession", .GET, "get", browser: reference.browser)
        request.addQuery("sessionId", reference.session)
        let response = try await self.client.execute(request)
        guard let session = Session(try await response.json()) else { throw response.bad("is no browser session") }
        return session
    }

    /// Returns all sessions with a status.
    /// - Throws: ``AWSError``.
    package func sessions(status: Session.Status) async throws -> [Session] {
        var sessions: [Session] = []
        var token: String?
        repeat {
            var request = try self.request("ListBrowserSessions", .POST, "list")
            var input: [String: JSONValue] = ["status": .string(status.rawValue), "maxResults": 100]
            if let token { input["nextToken"] = .string(token) }
            request.setJSON(.object(input))
            let page = try await self.client.json(request)
            sessions += (page["items"]?.array ?? []).compactMap(Session.init)
            token = page["nextToken"]?.string
        } while token != nil
        return sessions
    }

    /// Stops a session. A session that has already ended is not an error.
    /// - Throws: ``AWSError``.
    package func stop(_ reference: BrowserReference) async throws {
        var request = try self.request("StopBrowserSession", .PUT, "stop", browser: reference.browser)
        request.addQuery("sessionId", reference.session)
        request.setJSON(["clientToken": .string(UUID().uuidString)])
        // The service reports a conflict for a session that has already ended.
        request.hasFinalConflicts = true
        do {
            _ = try await self.client.json(request)
        } catch let error as AWSError where [.notFound, .conflict].contains(error.code) {}
    }

    private func request(
        _ operation: String, _ method: HTTPMethod, _ verb: String, browser: String? = nil
    ) throws -> AWSRequest {
        try AWSRequest(
            operation, of: .agentCore, method, "/browsers/{browserIdentifier}/sessions/\(verb)",
            labels: ["browserIdentifier": browser ?? self.configuration.identifier])
    }
}
