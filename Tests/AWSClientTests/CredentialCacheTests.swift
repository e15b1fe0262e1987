import FoundationEssentials
import Synchronization
import Testing

@testable import AWSClient

@Suite("Credential cache")
struct CredentialCacheTests {
    /// A credential provider that returns prepared results and counts the fetches.
    private final class Source: CredentialProvider {
        let name = "a test"
        private let state: Mutex<(asked: Int, answers: [Result<AWSCredentials?, AWSError>])>
        private let gate: AsyncStream<Void>?

        init(_ answers: [Result<AWSCredentials?, AWSError>], gate: AsyncStream<Void>? = nil) {
            self.state = Mutex((0, answers))
            self.gate = gate
        }

        var asked: Int { self.state.withLock { $0.asked } }

        func credentials() async throws -> AWSCredentials? {
            let answer = self.state.withLock { state in
                state.asked += 1
                return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            }
            if let gate { for await _ in gate {} }
            return try answer.get()
        }
    }

    /// Clocks that a test controls.
    private final class Clocks: Sendable {
        private let state = Mutex((wall: 1_000_000.0, uptime: 0.0))

        func advance(_ seconds: Double) {
            self.state.withLock {
                $0.wall += seconds
                $0.uptime += seconds
            }
        }

        /// Moves only the wall clock, as after restoring a snapshot.
        func jump(_ seconds: Double) { self.state.withLock { $0.wall += seconds } }

        var now: Date { Date(timeIntervalSince1970: self.state.withLock { $0.wall }) }

        func cache(_ source: Source) -> CredentialCache {
            CredentialCache(source, now: { self.now }, uptime: { .seconds(self.state.withLock { $0.uptime }) })
        }
    }

    private static func key(_ id: String, lasting seconds: Double? = nil, from clocks: Clocks = Clocks())
        -> AWSCredentials
    {
        AWSCredentials(
            accessKeyID: id, secretAccessKey: "s", sessionToken: "t",
            expiration: seconds.map { clocks.now.addingTimeInterval($0) })
    }

    private static let failure = AWSError(.noCredentials, "not now")

    @Test("nothing is fetched before the first use, and permanent credentials are fetched once")
    func once() async throws {
        let source = Source([.success(Self.key("a"))])
        let cache = Clocks().cache(source)
        #expect(source.asked == 0)
        for _ in 0..<3 { #expect(try await cache.current().accessKeyID == "a") }
        #expect(source.asked == 1)
    }

    @Test("concurrent callers share one fetch")
    func singleFlight() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let source = Source([.success(Self.key("a"))], gate: gate)
        let cache = Clocks().cache(source)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.current().accessKeyID } }
            while source.asked == 0 { await Task.yield() }
            open.finish()
            for try await id in group { #expect(id == "a") }
        }
        #expect(source.asked == 1)
    }

    @Test("canceling one caller doesn't cancel the shared fetch")
    func cancelledWaiter() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let source = Source([.success(Self.key("a"))], gate: gate)
        let cache = Clocks().cache(source)
        let first = Task { try await cache.current() }
        while source.asked == 0 { await Task.yield() }
        let second = Task { try await cache.current() }
        first.cancel()
        open.finish()
        #expect(try await second.value.accessKeyID == "a")
    }

    @Test("credentials are refreshed shortly before they expire")
    func renewal() async throws {
        let clocks = Clocks()
        let source = Source([
            .success(Self.key("a", lasting: 3600, from: clocks)), .success(Self.key("b", lasting: 7200, from: clocks)),
        ])
        let cache = clocks.cache(source)
        #expect(try await cache.current().accessKeyID == "a")
        clocks.advance(3000)
        #expect(try await cache.current().accessKeyID == "a")
        clocks.advance(400)
        #expect(try await cache.current().accessKeyID == "b")
    }

    @Test("while refreshing fails, the old credentials are used until they expire, and each request retries")
    func failedRenewal() async throws {
        let clocks = Clocks()
        let source = Source([
            .success(Self.key("a", lasting: 600, from: clocks)), .failure(Self.failure), .failure(Self.failure),
            .success(Self.key("b", lasting: 7200, from: clocks)),
        ])
        let cache = clocks.cache(source)
        _ = try await cache.current()
        clocks.advance(400)
        #expect(try await cache.current().accessKeyID == "a")
        clocks.advance(300)
        await #expect(throws: AWSError.self) { try await cache.current() }
        #expect(try await cache.current().accessKeyID == "b")
    }

    @Test("a failure is never cached")
    func failureIsForgotten() async throws {
        let cache = Clocks().cache(Source([.failure(Self.failure), .success(nil), .success(Self.key("a"))]))
        await #expect(throws: AWSError.self) { try await cache.current() }
        let error = await #expect(throws: AWSError.self) { try await cache.current() }
        #expect(error?.message.contains("a test") == true)
        #expect(try await cache.current().accessKeyID == "a")
    }

    @Test("a clock jump discards the credentials, and an hour of uptime doesn't", arguments: [-7200.0, 7200])
    func clockJump(seconds: Double) async throws {
        let clocks = Clocks()
        let source = Source([.success(Self.key("a")), .success(Self.key("b"))])
        let cache = clocks.cache(source)
        _ = try await cache.current()
        clocks.advance(3600)
        #expect(try await cache.current().accessKeyID == "a")
        clocks.jump(seconds)
        #expect(try await cache.current().accessKeyID == "b")
    }

    @Test("only credentials that a service rejected as expired are discarded")
    func discarding() async throws {
        let source = Source([.success(Self.key("a")), .success(Self.key("b"))])
        let cache = Clocks().cache(source)
        let first = try await cache.current()
        await cache.discard(first)
        let second = try await cache.current()
        #expect(second.accessKeyID == "b")
        await cache.discard(first)
        #expect(try await cache.current() == second)
        #expect(source.asked == 2)
    }
}
