import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Detects when the agent cannot continue and offers the user control of the browser: once for each kind of obstacle on
/// each origin, and after three failed steps in a row. The model gets the first try where it may know a way around, such
/// as another page or what the task says about signing in: the user is asked if it ends the task there.
actor HandoffDetector {
    private let holder: TaskBrowser
    private let secrets: SecretStore
    private let signIns: SignIns
    private let keptSecrets: KeptSecrets
    private let goal: String
    private let questionTimeout: Duration
    private let say: UserLanguage
    private var offered: Set<String> = []
    private var failures = 0
    private var hasOfferedBeforeEnd = false

    private static let mostFailures = 3

    init(
        holder: TaskBrowser, secrets: SecretStore, signIns: SignIns, keptSecrets: KeptSecrets, goal: String,
        questionTimeout: Duration,
        say: UserLanguage
    ) {
        self.holder = holder
        self.secrets = secrets
        self.signIns = signIns
        self.keptSecrets = keptSecrets
        self.goal = goal.lowercased()
        self.questionTimeout = questionTimeout
        self.say = say
    }

    /// Returns the takeover request for the user after a step, if one is needed.
    func offer(after results: [ToolResult]) async -> Interrupt? {
        for result in results { self.failures = result.isError ? self.failures + 1 : 0 }
        // If the page is busy or closed, the next step reports it.
        guard let page = try? await self.holder.running?.currentPage(), let origin = try? await page.origin() else {
            return nil
        }
        if self.failures >= Self.mostFailures {
            self.failures = 0
            return self.question(self.stuck, origin, kind: "stuck")
        }
        return await self.offer(for: [.captcha, .secondFactor], on: page, at: origin)
    }

    /// Returns the takeover request for the user before the task ends, if one is needed; once for each task.
    /// - Parameter isDone: Whether the model has answered, rather than given up.
    func offerBeforeEnd(isDone: Bool) async -> Interrupt? {
        guard !self.hasOfferedBeforeEnd, let page = try? await self.holder.running?.currentPage(),
            let origin = try? await page.origin()
        else { return nil }
        let question = await self.offer(
            for: isDone ? [.signIn, .passkey] : [.signIn, .passkey, .errorPage], on: page, at: origin)
        self.hasOfferedBeforeEnd = question != nil
        return question
    }

    private func offer(for obstacles: Set<PageObstacle>, on page: BrowserPage, at origin: String) async -> Interrupt? {
        guard let obstacle = try? await page.obstacle(), obstacles.contains(obstacle),
            await !self.isExpected(obstacle, at: origin),
            self.offered.insert("\(obstacle.rawValue) \(origin)").inserted
        else { return nil }
        guard [.signIn, .secondFactor, .passkey].contains(obstacle), let site = await self.signIns.siteToOffer(at: page)
        else {
            return self.question(self.request(obstacle, origin), origin, kind: obstacle.rawValue)
        }
        let isOver = await self.signIns.hasRestored(site)
        let message = isOver ? self.isOver(site.name) : self.request(obstacle, origin)
        return self.question(message, origin, kind: obstacle.rawValue, site: site)
    }

    private func isOver(_ site: String) -> String {
        self.say(
            "Your sign-in to \(site) that was kept is over. Please sign in again in the live view.",
            "Log masuk anda ke \(site) yang disimpan telah tamat. Sila log masuk semula dalam paparan langsung.")
    }

    private var stuck: String {
        self.say(
            "I'm stuck: three steps in a row failed. Can you do this part in the live view?",
            "Saya tersekat di sini: tiga langkah berturut-turut gagal. Bolehkah anda buat bahagian ini dalam pelayar?")
    }

    private func request(_ obstacle: PageObstacle, _ origin: String) -> String {
        // A page without an origin, such as the browser's own error page, reports "null".
        let origin = origin == "null" ? self.say("This page", "Halaman ini") : origin
        return switch obstacle {
        case .signIn:
            self.say(
                "\(origin) requires you to sign in. Please do that in the live view.",
                "\(origin) meminta log masuk. Sila log masuk sendiri di situ.")
        case .passkey:
            self.say(
                "\(origin) asks for a passkey, which can't be used in this browser. Please sign in there in another way.",
                "\(origin) meminta kunci laluan, yang tidak boleh digunakan dalam pelayar ini. Sila log masuk dengan cara lain."
            )
        case .secondFactor:
            self.say(
                "\(origin) asks for a code that only you have. Please enter it there.",
                "\(origin) meminta kod yang hanya anda ada. Sila masukkannya di situ.")
        case .captcha:
            self.say(
                "\(origin) is asking for a CAPTCHA. Please solve it in the live view.",
                "\(origin) meminta pengesahan CAPTCHA. Sila selesaikannya dalam paparan langsung.")
        case .errorPage:
            self.say(
                "\(origin) shows an error, such as page not found. Can you open the right page in the live view?",
                "\(origin) memaparkan halaman ralat. Bolehkah anda buka halaman yang betul dalam paparan langsung?")
        }
    }

    /// Returns whether the task already provides what the page asks for.
    private func isExpected(_ obstacle: PageObstacle, at origin: String) async -> Bool {
        switch obstacle {
        case .signIn, .passkey:
            let words = ["password", "sign in", "log in", "login", "kata laluan", "log masuk"]
            guard !words.contains(where: { self.goal.contains($0) }) else { return true }
            return await self.hasPassword(for: origin)
        case .secondFactor:
            if await self.keptSecrets.hasCode(for: origin) { return true }
            return ["code", "otp", "tac", "kod"].contains { self.goal.contains($0) }
        case .captcha, .errorPage: return false
        }
    }

    private func hasPassword(for origin: String) async -> Bool {
        for name in self.secrets.names where self.secrets.ref(name)?.origins.contains(origin) ?? false {
            if await !self.keptSecrets.isCode(name) { return true }
        }
        return false
    }

    private func question(_ message: String, _ origin: String, kind: String, site: Site? = nil) -> Interrupt {
        BrowserTools.takeover(message, origin: origin, kind: kind, site: site, questionTimeout: self.questionTimeout)
    }
}
