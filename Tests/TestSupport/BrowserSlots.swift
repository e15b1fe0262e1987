import FoundationEssentials
import Testing

/// Lets only a few browsers run at once: tests run in parallel, and a browser keeps more than one core busy.
///
/// With `AI4AI_TEST_BROWSER=none` a test that needs a browser is cancelled here, which its report says.
package actor BrowserSlots {
    package static let shared = BrowserSlots()

    private static let isOff = ProcessInfo.processInfo.environment["AI4AI_TEST_BROWSER"] == "none"
    private var free = 5
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Runs `body` when a slot is free.
    package func withSlot<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        if Self.isOff { try Test.cancel("AI4AI_TEST_BROWSER is none: this test needs a browser.") }
        if self.free > 0 {
            self.free -= 1
        } else {
            await withCheckedContinuation { self.waiting.append($0) }
        }
        defer {
            // The slot passes straight on to who waits longest.
            if self.waiting.isEmpty { self.free += 1 } else { self.waiting.removeFirst().resume() }
        }
        return try await body()
    }
}
