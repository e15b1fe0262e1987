import FoundationEssentials

/// Caches credentials until shortly before they expire, and shares one fetch among concurrent callers.
///
/// After a failed fetch, the next caller fetches again. A jump of the wall clock, as after a virtual machine is
/// restored from a snapshot, clears the cache.
actor CredentialCache {
    /// How long before expiration the credentials are refreshed, in seconds.
    private static let margin = 300.0
    /// The change in the difference between wall clock and uptime that counts as a jump, in seconds.
    private static let jump = 60.0

    private let provider: any CredentialProvider
    private let now: @Sendable () -> Date
    private let uptime: @Sendable () -> Duration
    private var cached: AWSCredentials?
    private var fetching: Task<AWSCredentials, any Error>?
    /// The wall-clock time at uptime zero, which stays constant unless the wall clock jumps.
    private var epoch: Date?

    private static let start = ContinuousClock.now

    init(
        _ provider: any CredentialProvider, now: @escaping @Sendable () -> Date,
        uptime: @escaping @Sendable () -> Duration = { CredentialCache.start.duration(to: .now) }
    ) {
        self.provider = provider
        self.now = now
        self.uptime = uptime
    }

    /// Returns valid credentials, refreshing them when they expire within five minutes.
    /// - Throws: ``AWSError`` with code `noCredentials`.
    func current() async throws -> AWSCredentials {
        self.dropAfterJump()
        let now = self.now()
        guard let cached else { return try await self.fetch() }
        guard let expiration = cached.expiration, expiration.timeIntervalSince(now) < Self.margin else { return cached }
        do {
            return try await self.fetch()
        } catch  where expiration > now {
            // The next request tries to refresh again; the current credentials are still valid.
            return cached
        }
    }

    /// Removes credentials that a service has rejected as expired.
    func discard(_ credentials: AWSCredentials) {
        if self.cached == credentials { self.cached = nil }
    }

    private func dropAfterJump() {
        let uptime = self.uptime() / .seconds(1)
        let epoch = self.now().addingTimeInterval(-uptime)
        if let known = self.epoch, abs(epoch.timeIntervalSince(known)) > Self.jump { self.cached = nil }
        self.epoch = epoch
    }

    private func fetch() async throws -> AWSCredentials {
        if let fetching { return try await fetching.value }
        // Concurrent callers share this task, so it ends by its own timeouts and isn't canceled with the first caller.
        let task = Task { [provider] in
            guard let credentials = try await provider.credentials() else {
                throw AWSError(
                    .noCredentials, "No AWS credentials were found in \(provider.name).",
                    remedy: "Sign in with the AWS CLI, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
                        + "the container or instance a role.")
            }
            let parts = [credentials.accessKeyID, credentials.secretAccessKey, credentials.sessionToken ?? "-"]
            guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
                throw AWSError(
                    .noCredentials, "The credentials from \(provider.name) hold a space or a control character.",
                    remedy: "Set them again, without line ends.")
            }
            return credentials
        }
        self.fetching = task
        defer { self.fetching = nil }
        let credentials = try await task.value
        self.cached = credentials
        return credentials
    }
}
