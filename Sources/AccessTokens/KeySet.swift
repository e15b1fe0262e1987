import AgentEvents
import AsyncHTTPClient
import HTTPTransport
import JWTKit
package import NIOCore
import NIOHTTP1

/// The public keys of one issuer, fetched when the first of them is needed.
///
/// They are kept for good, and fetched again only for an id that is not among them: by one request however many ask,
/// and not soon again when that was in vain a few times, because anybody can make up ids. A new key that its issuer serves a
/// moment after its first token is found by the next one. A fetch that fails takes nothing away.
package actor KeySet {
    /// An answer of the issuer, whose body may be still to come.
    package struct Answer: Sendable {
        package var status: Int
        package var body: any AsyncSequence<ByteBuffer, any Error> & Sendable
    }

    /// What an answer may be long, in bytes.
    private static let limit = 64 * 1024
    /// For how long unknown ids fail at once after a fetch that failed, or so many in vain.
    private static let pause = Duration.seconds(10)
    private static let mostInVain = 3
    /// The same while there are no keys at all, when nobody can sign in.
    private static let shortPause = Duration.seconds(1)

    private static let start = ContinuousClock.now

    private let url: String
    private let timeout: Duration
    private let uptime: @Sendable () -> Duration
    private let fetch: @Sendable (_ url: String) async throws -> Answer
    private var keys: Keys = [:]
    private var fetching: Task<Void, Never>?
    /// Until when unknown ids fail at once, and with what.
    private var refusal: (end: Duration, error: TokenError)?
    /// When ids stayed unknown.
    private var inVain: [Duration] = []

    /// - Parameters:
    ///   - url: Where the issuer publishes its keys.
    ///   - timeout: What one answer may take.
    ///   - uptime: A clock that never jumps.
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

    /// The key with an id, ready to check signatures of its one algorithm.
    func key(_ id: String) async throws(TokenError) -> any JWTAlgorithm {
        if let key = self.keys[id] { return try key.get() }
        if self.fetching == nil, let refusal, self.uptime() < refusal.end { throw refusal.error }
        let fetching = self.fetching ?? self.startFetching(for: id)
        await fetching.value
        if let key = self.keys[id] { return try key.get() }
        throw self.refusal?.error ?? Self.unknown
    }

    private static let unknown = TokenError(.unknownKey, "The issuer has no such key.")

    /// Shared by all who ask meanwhile, so it ends by its own time limits and not with the first who asked.
    private func startFetching(for id: String) -> Task<Void, Never> {
        let task = Task {
            do throws(TokenError) {
                self.keys = try await self.fetchTwice()
                self.refusal = nil
                // Here and not when the first who asked goes on, or others could fetch again in between.
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
                return try await KeySet.read(answer.body.collect(upTo: Self.limit))
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

    /// Where the issuer's keys are is said by its discovery document, which is fetched with them.
    ///
    /// Source: OpenID Connect Discovery 1.0, sections 3 and 4.
    /// - Parameters:
    ///   - url: The document's address.
    ///   - issuers: Whom it must name, one of these.
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
        // Whoever asks ends it in time, with its body, which the client's own limit leaves out.
        let response = try await OutboundHTTP.client.execute(HTTPClientRequest(url: url), deadline: .distantFuture)
        return Answer(status: Int(response.status.code), body: response.body)
    }
}
