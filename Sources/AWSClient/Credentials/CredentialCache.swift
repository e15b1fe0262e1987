import FoundationEssentials

/// Keeps credentials until shortly before their end, and fetches them once however many ask.
///
/// A fetch that failed is made again by whoever asks next. A jump of the wall clock, as a restored snapshot of a
/// virtual machine shows, drops what is kept.
actor CredentialCache {
    /// How long before their end credentials are renewed, in seconds.
    private static let margin = 300.0
    /// The difference between the two clocks, in seconds, that counts as a jump.
    private static let jump = 60.0

    private let provider: any CredentialProvider
    private let now: @Sendable () -> Date
    private let uptime: @Sendable () -> Duration
    private var cached: AWSCredentials?
    private var fetching: Task<AWSCredentials, any Error>?
    /// What wall clock and uptime have in common when neither jumps.
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

    /// Credentials that still hold.
    /// - Throws: ``AWSError`` with code `noCredentials`.
    func current() async throws -> AWSCredentials {
        self.dropAfterJump()
        let now = self.now()
        guard let cached else { return try await self.fetch() }
        guard let expiration = cached.expiration, expiration.timeIntervalSince(now) < Self.margin else { return cached }
        do {
            return try await self.fetch()
        } catch  where expiration > now {
            // Renewal is tried again by the next request; until then the old ones do.
            return cached
        }
    }

    /// Drops credentials that a service has called expired.
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
        // Shared by all who ask meanwhile, so it ends by its own time limits and not with the first who asked.
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
