import Testing

@testable import AWSClient

@Suite("Retries")
struct RetryTests {
    @Test("delays are random, up to a limit that doubles and is capped")
    func pauses() {
        let policy = RetryPolicy()
        for attempt in [1, 2, 3, 8, 1000, .max] {
            let limit = min(policy.cap, policy.base * (1 << min(attempt - 1, 20)))
            let pauses = (0..<200).map { _ in policy.pause(after: attempt, asked: nil) }
            #expect(pauses.allSatisfy { .zero <= $0 && $0 <= limit })
            #expect(Set(pauses).count > 100)
        }
    }

    @Test(
        "a delay that the service asks for is respected up to a limit",
        arguments: [(2.0, 2.0), (1e300, 60), (.infinity, 0), (.nan, 0), (-5, 0), (0, 0)] as [(Double, Double)])
    func asked(seconds: Double, least: Double) {
        let pause = RetryPolicy().pause(after: 1, asked: seconds)
        #expect(pause >= .seconds(least))
        #expect(pause <= .seconds(max(least, 0.1)))
    }

    @Test("a budget limits the retries of all requests together, and successes refill it")
    func budget() {
        let budget = RetryBudget()
        var taken = 0
        while budget.take() { taken += 1 }
        #expect(taken == 100)
        budget.giveBack(afterRetry: true)
        #expect(budget.take())
        #expect(!budget.take())
        for _ in 0..<5 { budget.giveBack(afterRetry: false) }
        #expect(budget.take())
        for _ in 0..<1000 { budget.giveBack(afterRetry: true) }
        taken = 0
        while budget.take() { taken += 1 }
        #expect(taken == 100, "it does not grow beyond what it was")
    }
}
