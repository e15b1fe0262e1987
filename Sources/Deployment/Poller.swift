/// Waits for asynchronous AWS operations.
enum Poller {
    /// AgentCore can take more than three minutes to create a version.
    private static let minutes = 30

    /// Polls with increasing intervals until there is a result.
    /// - Throws: ``DeploymentError`` after the timeout, or the error that `ask` throws.
    static func wait<Answer>(for what: String, _ ask: () async throws -> Answer?) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(60 * self.minutes)
        var pause = Duration.milliseconds(200)
        while true {
            if let answer = try await ask() { return answer }
            guard .now + pause < deadline else {
                throw DeploymentError(
                    "\(what) is not ready after \(self.minutes) minutes. Run the command again to keep waiting.")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.5, .seconds(10))
        }
    }
}
