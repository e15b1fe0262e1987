package import FoundationEssentials

/// Settings that control how a browser starts, what it can reach, and how long it can take.
public struct BrowserConfiguration: Sendable {
    /// The size of a page's viewport, in CSS pixels.
    public struct Viewport: Sendable, Hashable, Codable {
        /// The width, in CSS pixels.
        public var width: Int
        /// The height, in CSS pixels.
        public var height: Int

        /// Creates a viewport size.
        /// - Parameters:
        ///   - width: The width, in CSS pixels.
        ///   - height: The height, in CSS pixels.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// The path of the Chromium executable; `nil` searches `PATH` and the usual installation directories.
    public var chromium: String?
    /// Whether Chromium runs without a visible window.
    public var isHeadless = true
    /// The size of each page's viewport.
    public var viewport = Viewport(width: 1280, height: 900)
    /// The addresses that the browser may reach.
    public var addressPolicy = AddressPolicy()
    /// The maximum time for Chromium to start.
    public var startTimeout: Duration = .seconds(30)
    /// The interval between the checks that the browser still responds.
    public var heartbeat: Duration = .seconds(30)
    /// The maximum time to retry an action until its element is actionable.
    public var actionTimeout: Duration = .seconds(5)
    /// The maximum time to retry an action while another element covers its element; at most ``actionTimeout``.
    public var coverTimeout: Duration = .milliseconds(1500)
    /// The maximum time to wait for what an action or a load has started, such as requests, before the page is shown.
    public var settleTimeout: Duration = .seconds(3)
    /// The maximum time for a page to load.
    public var navigationTimeout: Duration = .seconds(30)
    /// The maximum time for the browser to answer a command. A page script that keeps the browser busy for longer is
    /// stopped.
    public var answerTimeout: Duration = .seconds(20)
    /// Chooses the answer to a `confirm`, `prompt` or `beforeunload` dialog. The default dismisses every dialog,
    /// because a page may ask for anything.
    public var dialogPolicy: @Sendable (PageDialog) -> DialogAnswer = { _ in .dismiss }
    /// Decides whether each request of a page or worker may proceed, after ``addressPolicy`` has allowed it and before
    /// the browser sends it.
    ///
    /// The browser calls the closure in the order of the requests, and the closure must not block.
    /// ``PageRequest/driver`` says whether the agent or a user was operating the browser. Chromium doesn't report
    /// WebSocket messages; the closure sees only those that ``BrowserPage/judgingMessages(waits:beforehand:_:)`` holds
    /// back.
    public var requestJudge: (@Sendable (PageRequest) -> RequestVerdict)?
    /// The limits for downloads.
    public var downloads = DownloadPolicy()
    /// How the browser is shown to users who watch it.
    public var screencast = ScreencastOptions()
    /// The secrets that can be typed into pages of their own origins only, and that are masked everywhere else.
    public var secrets = SecretStore()
    /// Returns what a browser gets before it opens a page of a host; `nil` for nothing.
    package var siteState: (@Sendable (_ host: String, _ browser: UUID) async -> SiteState?)?
    /// Resolves host names to IP addresses.
    package var resolver = HostResolver()

    /// Creates the default configuration.
    public init() {}
}
