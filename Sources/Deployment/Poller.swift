/// Waits for what AWS does in its own time.
enum Poller {
    /// AgentCore has been seen to take more than three minutes for a version.
    private static let minutes = 30

    /// Asks again, less and less often, until there is an answer.
    /// - Throws: ``DeploymentError`` when the time is up, or what asking throws.
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
