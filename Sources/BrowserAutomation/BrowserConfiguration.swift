/// How browsers are started and what they may reach.
public struct BrowserConfiguration: Sendable {
    /// The size of the visible part of a page, in CSS pixels.
    public struct Viewport: Sendable, Hashable, Codable {
        public var width: Int
        public var height: Int

        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// The Chromium to run; `nil` looks in `PATH` and the usual places.
    public var chromium: String?
    /// Whether no window is shown.
    public var isHeadless = true
    public var viewport = Viewport(width: 1280, height: 900)
    /// Which addresses the browser may reach.
    public var addressPolicy = AddressPolicy()
    /// How long Chromium may take to start.
    public var startTimeout: Duration = .seconds(30)
    /// How often a browser is asked whether it is still there.
    public var heartbeat: Duration = .seconds(30)
    /// How long an action is retried until its element can be acted on.
    public var actionTimeout: Duration = .seconds(5)
    /// How long an action waits for what covers its element to go away; at most ``actionTimeout``.
    public var coverTimeout: Duration = .milliseconds(1500)
    /// How long a page may take to load.
    public var navigationTimeout: Duration = .seconds(30)
    /// How long the browser may take for any one answer. Scripts of a page that keep it busy longer are stopped.
    public var answerTimeout: Duration = .seconds(20)
    /// What is answered to `confirm`, `prompt` and `beforeunload`. Pages may ask for anything, so the default is no.
    public var dialogPolicy: @Sendable (PageDialog) -> DialogAnswer = { _ in .dismiss }
    /// Judges each request that pages and their workers make, before it goes out and after the address policy has let it
    /// through. Called in the order of the requests; must not wait. Chromium tells of no message on a WebSocket.
    /// ``PageRequest/driver`` tells what comes while a person has control.
    public var requestJudge: (@Sendable (PageRequest) -> RequestVerdict)?
    /// What may be downloaded.
    public var downloads = DownloadPolicy()
    /// How the browser is shown to people.
    public var screencast = ScreencastOptions()
    /// Values that are typed into pages of their own origins only, and masked everywhere else.
    public var secrets = SecretStore()
    /// Who is asked for the addresses of names.
    package var resolver = HostResolver()

    /// Creates the default configuration.
    public init() {}
}
