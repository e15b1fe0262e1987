package import AgentEvents
import AsyncHTTPClient
package import FoundationEssentials
import HTTPTransport
package import Logging
import NIOCore
import NIOHTTP1

/// Sends signed requests to AWS and retries transient failures. Opens no connection and fetches no credentials before
/// the first request.
package struct AWSClient: Sendable {
    /// How a request proves the identity of its sender.
    package enum Authentication: Sendable, Hashable, Redacted {
        case signature
        /// A token from an identity provider, for runtimes that accept one.
        case bearer(String)
        case none
    }

    package private(set) var configuration: AWSConfiguration
    let credentials: CredentialCache
    package let clock: ServiceClock
    private let budget = RetryBudget()
    let logger: Logger

    package init(
        configuration: AWSConfiguration, credentials: any CredentialProvider, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.configuration = configuration
        self.credentials = CredentialCache(credentials, now: now)
        self.clock = ServiceClock(now: now)
        self.logger = logger
    }

    /// Creates a client whose region, endpoints, and credentials come from the standard AWS SDK sources.
    package init(environment: [String: String], logger: Logger) throws {
        let configuration = try AWSConfiguration(environment: environment)
        self.init(
            configuration: configuration,
            credentials: CredentialChain(environment: environment, configuration: configuration, logger: logger),
            logger: logger)
    }

    /// Returns a copy of the client with another retry policy.
    package func retrying(_ retries: RetryPolicy) -> AWSClient {
        var client = self
        client.configuration.retries = retries
        return client
    }

    /// Returns a copy of the client that uses one region for all services.
    package func inRegion(_ region: Region) -> AWSClient {
        var client = self
        client.configuration.useEverywhere(region)
        return client
    }

    /// Sends a request and returns when the response head arrives. Each attempt gets a new signature.
    /// - Throws: ``AWSError``, or `CancellationError`.
    package func execute(
        _ request: AWSRequest, authentication: Authentication = .signature
    ) async throws -> AWSResponse {
        let deadline = ContinuousClock.now + request.timeout
        var attempt = 1
        var hasRenewed = false
        while true {
            do {
                let response = try await self.attempt(request, authentication, deadline)
                self.budget.giveBack(afterRetry: attempt > 1)
                return response
            } catch let error as AWSError {
                // The error response corrected the clock or invalidated the credentials, so one immediate retry can
                // succeed.
                if !hasRenewed, [.clockSkew, .expiredCredentials].contains(error.code), authentication == .signature {
                    hasRenewed = true
                    continue
                }
                let pause = self.configuration.retries.pause(after: attempt, asked: error.retryAfter)
                guard error.isWorthRepeating(request),
                    attempt < request.maxAttempts ?? self.configuration.retries.maxAttempts,
                    ContinuousClock.now + pause < deadline, self.budget.take()
                else { throw error }
                self.logger.info(
                    "A request to AWS failed; trying again",
                    metadata: ["request": "\(request.subject)", "reason": "\(error)", "attempt": "\(attempt)"])
                attempt += 1
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Sends a request and returns the response body as JSON.
    package func json(_ request: AWSRequest) async throws -> JSONValue { try await self.execute(request).json() }

    /// Sends a request and returns the response body as JSON, or `nil` if the resource doesn't exist.
    package func jsonIfFound(_ request: AWSRequest) async throws -> JSONValue? {
        do {
            return try await self.json(request)
        } catch let error as AWSError where error.code == .notFound {
            return nil
        }
    }

    // MARK: One attempt

    private func attempt(
        _ request: AWSRequest, _ authentication: Authentication, _ deadline: ContinuousClock.Instant
    ) async throws -> AWSResponse {
        let credentials = authentication == .signature ? try await self.credentials.current() : nil
        let http = try self.httpRequest(request, authentication, credentials)
        let response: HTTPClientResponse
        do {
            let left = max(.zero, deadline - .now)
            let client = request.allowsSilence ? OutboundHTTP.patient : OutboundHTTP.client
            response = try await client.execute(http, deadline: .now() + TimeAmount(left))
        } catch let error where !(error is CancellationError) {
            throw Self.unreachable(error, request.subject, http.url)
        }
        if (200..<300).contains(response.status.code) {
            return AWSResponse(
                status: Int(response.status.code), headers: response.headers, body: response.body,
                subject: request.subject)
        }
        throw await self.learn(
            from: Self.refusal(response, request.subject), date: response.headers.first(name: "date"), credentials)
    }

    /// Updates the clock and the credential cache from an error response, and adds a remedy to the error.
    /// - Parameter credentials: The credentials that signed the request; `nil` if it wasn't signed.
    func learn(from refusal: AWSError, date: String?, _ credentials: AWSCredentials?) async -> AWSError {
        guard let credentials else { return refusal }
        var error = refusal
        if self.clock.learn(from: date, error.code) { error.code = .clockSkew }
        if error.code == .expiredCredentials { await self.credentials.discard(credentials) }
        error.remedy = Remedy.of(error, with: credentials, self.clock) ?? error.remedy
        return error
    }

    private func httpRequest(
        _ request: AWSRequest, _ authentication: Authentication, _ credentials: AWSCredentials?
    ) throws -> HTTPClientRequest {
        let region = try self.configuration.region(request.region, of: request.service)
        let endpoint = self.configuration.endpoint(of: request.service, in: region)
        let path = endpoint.basePath + request.path
        var http = HTTPClientRequest(url: endpoint.url(path + (request.query.isEmpty ? "" : "?\(request.query)")))
        http.method = request.method
        http.headers = request.headers
        http.headers.replaceOrAdd(name: "Host", value: endpoint.authority)
        let payload: SigV4Signer.Payload
        switch request.body {
        case .none: payload = .empty
        case .bytes(let bytes):
            payload = .bytes(Array(buffer: bytes))
            http.body = .bytes(bytes)
        case .stream(let sha256, let length, let chunks):
            payload = .sha256(sha256)
            http.body = .stream(chunks(), length: .known(length))
        }
        if case .bearer(let token) = authentication {
            http.headers.add(name: "Authorization", value: "Bearer \(token)")
        } else if let credentials {
            let service = request.service
            let signer = SigV4Signer(
                service: service.signingName, region: region.name,
                pathRule: service.hasObjectPaths ? .verbatim : .normalised)
            let fields = signer.headers(
                for: .init(
                    method: request.method.rawValue, path: path, query: request.query,
                    headers: http.headers.map { (name: $0.name, value: $0.value) }, payload: payload),
                with: credentials, at: self.clock.now, sendsPayloadHash: service.hasObjectPaths)
            for field in fields { http.headers.add(name: field.name, value: field.value) }
        }
        http.headers.add(name: "User-Agent", value: "ai4ai")
        return http
    }

    private static func unreachable(_ error: any Error, _ subject: String, _ url: String) -> AWSError {
        let host = url.split(separator: "/").dropFirst().first ?? ""
        if let error = error as? HTTPClientError, [.deadlineExceeded, .readTimeout].contains(error) {
            return AWSError(.timedOut, "\(subject): \(host) did not answer in time.")
        }
        return AWSError(
            .unreachable, "\(subject): \(host) cannot be reached: \(OutboundHTTP.words(error)).",
            remedy: "Check the network, the region and AWS_ENDPOINT_URL.")
    }

    private static func refusal(_ response: HTTPClientResponse, _ subject: String) async -> AWSError {
        // An unreadable body adds nothing to the status. DynamoDB's error responses can contain an item of 400 KB.
        let body = (try? await response.body.collect(upTo: 1 << 20)).map { String(buffer: $0) } ?? ""
        return ServiceErrorReader.read(status: Int(response.status.code), body: body, subject: subject) {
            response.headers.first(name: $0)
        }
    }
}

extension AWSError {
    /// Throttled and conflicting requests had no effect; after any other failure, the request may have taken effect.
    fileprivate func isWorthRepeating(_ request: AWSRequest) -> Bool {
        if self.code == .conflict, request.hasFinalConflicts { return false }
        return self.isTransient && (request.isRepeatable || [.throttled, .conflict].contains(self.code))
    }
}

/// The remedies for errors that concern the signature, the credentials, or throttling.
private enum Remedy {
    static func of(_ error: AWSError, with credentials: AWSCredentials, _ clock: ServiceClock) -> String? {
        switch error.code {
        case .badCredentials where credentials.accessKeyID.hasPrefix("ASIA") && credentials.sessionToken == nil:
            "The key is a temporary one and has no session token. Set AWS_SESSION_TOKEN."
        case .badCredentials where error.message.contains("Credential should be scoped to"):
            "The request was signed for another region or service. Check AWS_REGION, and AWS_ENDPOINT_URL if it is set."
        case .throttled:
            "It limits how often it may be called. Wait a while, or have the quota raised in the Service Quotas console."
        case .badCredentials where ["InvalidSignatureException", "SignatureDoesNotMatch"].contains(error.type):
            "The secret does not belong to the key. Check AWS_SECRET_ACCESS_KEY."
        case .badCredentials:
            "The key is unknown, or its session token is not the one that came with it. Sign in again."
        case .expiredCredentials: "The credentials have expired. Sign in again, or renew what serves them."
        case .clockSkew:
            "This machine's clock is \(clock.description). Set it right, for instance with timedatectl set-ntp true."
        default: nil
        }
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let parts = duration.components
        self = .nanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
