import AgentEvents
import AsyncHTTPClient
import CryptoExtras
import HTTPTransport
package import NIOCore
import NIOHTTP1

/// The public keys of one issuer, fetched on first use.
///
/// The keys are cached without expiration and fetched again only for an unknown key ID. Concurrent callers share one
/// request. Because anyone can make up key IDs, fetching pauses after several fetches in quick succession that don't
/// find the ID. If an issuer publishes a new key shortly after the first token that uses it, the next token finds the
/// key. A failed fetch removes no keys.
package actor KeySet {
    /// The issuer's response, whose body may still be arriving.
    package struct Answer: Sendable {
        package var status: Int
        package var body: any AsyncSequence<ByteBuffer, any Error> & Sendable
    }

    /// The maximum length of a response, in bytes.
    private static let limit = 64 * 1024
    /// How long unknown key IDs fail immediately after a failed fetch, or after `mostInVain` fetches within this time
    /// that didn't find the ID.
    private static let pause = Duration.seconds(10)
    private static let mostInVain = 3
    /// The same pause while no keys are cached, when nobody can sign in.
    private static let shortPause = Duration.seconds(1)

    private static let start = ContinuousClock.now

    private let url: String
    private let timeout: Duration
    private let uptime: @Sendable () -> Duration
    private let fetch: @Sendable (_ url: String) async throws -> Answer
    private var keys: Keys = [:]
    private var fetching: Task<Void, Never>?
    /// The end of the current pause, and the error with which unknown key IDs fail until then.
    private var refusal: (end: Duration, error: TokenError)?
    /// The times at which fetches didn't find the requested key ID.
    private var inVain: [Duration] = []

    /// Creates a key set.
    /// - Parameters:
    ///   - url: The URL at which the issuer publishes its keys.
    ///   - timeout: The time limit for one fetch.
    ///   - uptime: A monotonic clock.
    package init(
        _ url: String, timeout: Duration = .seconds(3),
        uptime: @escaping @Sendable () -> Duration = { KeySet.start.duration(to: .now) },
        fetch: @escaping @Sendable (_ url: String) async throws -> Answer = KeySet.get
    ) {
        self.url = url
        self.timeout = timeout
        self.uptime = uptime
        self.fetch = fetch
    }

    /// Returns the key with an ID.
    func key(_ id: String) async throws(TokenError) -> _RSA.Signing.PublicKey {
        if let key = self.keys[id] { return try key.get() }
        if self.fetching == nil, let refusal, self.uptime() < refusal.end { throw refusal.error }
        let fetching = self.fetching ?? self.startFetching(for: id)
        await fetching.value
        if let key = self.keys[id] { return try key.get() }
        throw self.refusal?.error ?? Self.unknown
    }

    private static let unknown = TokenError(.unknownKey, "The issuer has no such key.")

    /// Starts a fetch that concurrent callers share, so it ends by its own timeout and isn't canceled with the first
    /// caller.
    private func startFetching(for id: String) -> Task<Void, Never> {
        let task = Task {
            do throws(TokenError) {
                self.keys = try await self.fetchTwice()
                self.refusal = nil
                // Recorded here, before the first caller resumes, because other callers could start another fetch in
                // between.
                if self.keys[id] == nil { self.noteInVain() }
            } catch {
                self.refusal = (self.uptime() + (self.keys.isEmpty ? Self.shortPause : Self.pause), error)
            }
            self.fetching = nil
        }
        self.fetching = task
        return task
    }

    private func noteInVain() {
        let now = self.uptime()
        self.inVain = self.inVain.filter { now - $0 < Self.pause } + [now]
        if self.inVain.count >= Self.mostInVain { self.refusal = (now + Self.pause, Self.unknown) }
    }

    private func fetchTwice() async throws(TokenError) -> Keys {
        if let keys = try? await self.fetchOnce() { return keys }
        do {
            return try await self.fetchOnce()
        } catch {
            throw TokenError(
                .keysUnavailable, "\(self.url) does not serve the issuer's keys: \(OutboundHTTP.words(error)).",
                remedy: "Check the settings of the issuer, and that this machine reaches it.")
        }
    }

    private func fetchOnce() async throws -> Keys {
        try await withThrowingTaskGroup(of: Keys.self) { [url, timeout, fetch] group in
            group.addTask {
                let answer = try await fetch(url)
                guard answer.status == 200 else { throw KeysFlaw("the status is \(answer.status)") }
                return try KeySet.read(try await answer.body.collect(upTo: Self.limit))
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw KeysFlaw("no answer within \(timeout)")
            }
            defer { group.cancelAll() }
            guard let keys = try await group.next() else { throw CancellationError() }
            return keys
        }
    }

    /// Creates a key set that finds the keys' URL in the issuer's discovery document, which it fetches along with the
    /// keys.
    ///
    /// Source: OpenID Connect Discovery 1.0, sections 3 and 4.
    /// - Parameters:
    ///   - url: The URL of the discovery document.
    ///   - issuers: The issuers of which the document must name one.
    package static func discovering(_ url: String, issuers: [String]) -> KeySet {
        KeySet(
            url, timeout: .seconds(5),
            fetch: { url in
                let document = try await self.get(url)
                guard document.status == 200 else { return document }
                let body = try await document.body.collect(upTo: Self.limit)
                let members = try? StrictJSON.object(Array(body.readableBytesView))
                guard let issuer = members?["issuer"]?.string, issuers.contains(issuer),
                    let keys = members?["jwks_uri"]?.string
                else {
                    throw KeysFlaw("it is no discovery document of \(issuers[0])")
                }
                return try await self.get(keys)
            })
    }

    private static func get(_ url: String) async throws -> Answer {
        // The caller enforces the timeout, including for the body, which the HTTP client's own deadline doesn't cover.
        let response = try await OutboundHTTP.client.execute(HTTPClientRequest(url: url), deadline: .distantFuture)
        return Answer(status: Int(response.status.code), body: response.body)
    }
}
