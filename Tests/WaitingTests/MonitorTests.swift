import Testing
import Waiting

@Suite("Monitors", .timeLimit(.minutes(15)))
struct MonitorTests {
    @Test("a task waits until a change meets its condition, through changes that don't")
    func changes() async throws {
        let count = Monitor(0)
        async let waited = count.wait { $0 == 3 }
        for _ in 1...3 { count.change { $0 += 1 } }
        #expect(try await waited)
    }

    @Test("a condition that holds already needs no change")
    func now() async throws {
        #expect(try await Monitor(1).wait { $0 == 1 })
    }

    @Test("each change wakes all who wait")
    func many() async throws {
        let count = Monitor(0)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...100 { group.addTask { try await count.wait { $0 >= number } } }
            for _ in 1...100 { count.change { $0 += 1 } }
            for try await isThere in group { #expect(isThere) }
        }
    }

    @Test("after the deadline, the wait ends without the condition")
    func deadline() async throws {
        let count = Monitor(0)
        #expect(try await !count.wait(until: .now + .milliseconds(5)) { $0 == 1 })
        #expect(try await !count.wait(until: .now - .seconds(1)) { $0 == 1 })
    }

    @Test("a canceled task stops waiting, before and during the wait")
    func cancellation() async {
        let count = Monitor(0)
        for isSuspended in [false, true] {
            let task = Task { try await count.wait { $0 == 1 } }
            if isSuspended { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("no wake-up is lost between a look and a wait", arguments: 0..<50)
    func races(round: Int) async throws {
        let flag = Monitor(false)
        async let waited = flag.wait { $0 }
        async let changed: Void = flag.change { $0 = true }
        #expect(try await waited)
        await changed
    }
}
