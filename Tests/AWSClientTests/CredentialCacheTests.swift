import FoundationEssentials
import Synchronization
import Testing

@testable import AWSClient

@Suite("Kept credentials")
struct CredentialCacheTests {
    /// Gives what it is told to, and counts how often it was asked.
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

    /// Clocks that a test moves.
    private final class Clocks: Sendable {
        private let state = Mutex((wall: 1_000_000.0, uptime: 0.0))

        func advance(_ seconds: Double) {
            self.state.withLock {
                $0.wall += seconds
                $0.uptime += seconds
            }
        }

        /// The wall clock alone, as after the restore of a snapshot.
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

    @Test("nothing is fetched before the first use, and lasting ones are fetched once")
    func once() async throws {
        let source = Source([.success(Self.key("a"))])
        let cache = Clocks().cache(source)
        #expect(source.asked == 0)
        for _ in 0..<3 { #expect(try await cache.current().accessKeyID == "a") }
        #expect(source.asked == 1)
    }

    @Test("however many ask at once, one fetch is made")
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

    @Test("one of many who gives up takes the fetch from nobody")
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

    @Test("they are renewed shortly before their end")
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

    @Test("while renewing fails, the old ones do until their end, and each request tries again")
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

    @Test("a failure is never remembered")
    func failureIsForgotten() async throws {
        let cache = Clocks().cache(Source([.failure(Self.failure), .success(nil), .success(Self.key("a"))]))
        await #expect(throws: AWSError.self) { try await cache.current() }
        let error = await #expect(throws: AWSError.self) { try await cache.current() }
        #expect(error?.message.contains("a test") == true)
        #expect(try await cache.current().accessKeyID == "a")
    }

    @Test("a jump of the clock drops them, an hour of work does not", arguments: [-7200.0, 7200])
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

    @Test("only those that a service has called expired are dropped")
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
