import AgentEvents
import BrowserAutomation
import FoundationEssentials
import Logging
import RuntimeProtocol
import Vault

/// What one task uses of what is kept for its user: sign-ins, which it keeps up to date, and secrets.
///
/// A sign-in is restored only when the task goes to its site, so that no other page can use it before.
actor KeptAccess {
    /// The member of an answer that says whether the user stays signed in.
    static let consent = "stay_signed_in"
    /// How long a sign-in is kept.
    static let days = 30
    /// The shortest time between two saves while a task runs.
    private static let saveInterval = Duration.seconds(60)
    /// Shorter values of cookies aren't masked: pages show them by chance.
    private static let shortestMasked = 16

    private let vault: Vault?
    private let user: UserID?
    private let secrets: SecretStore
    private let logger: Logger
    /// The sign-ins, by site; `nil` until they are first needed.
    private var signIns: [String: KeptItem]?
    /// What each site's sign-in was when it was restored or last saved.
    private var bases: [String: SiteState] = [:]
    /// The browsers that each site's sign-in was restored in.
    private var restored: [String: Set<ObjectIdentifier>] = [:]
    private var nextSave = ContinuousClock.now
    /// The origins whose secrets the model knows of.
    private var told: Set<String> = []
    /// The origins that there are one-time codes for.
    private var codeOrigins: Set<String> = []

    init(vault: Vault?, user: UserID?, secrets: SecretStore, logger: Logger) {
        self.vault = vault
        self.user = user
        self.secrets = secrets
        self.logger = logger
    }

    // MARK: Secrets

    /// Makes the user's secrets available to the task. Their values stay encrypted until they are typed.
    func begin() async {
        guard let vault, let items = await self.items() else { return }
        for item in items where item.kind != .signIn {
            if item.kind == .oneTimeCode { self.codeOrigins.insert(item.site) }
            let ref = SecretRef(name: Self.name(of: item), origins: [item.site])
            self.secrets.set(for: ref) { [user, logger] in
                logger.info("A kept secret is typed", metadata: ["site": "\(item.site)", "name": "\(ref.name)"])
                return try await vault.use(item, of: user)
            }
        }
    }

    /// Keeps the secrets that the user has just given.
    /// - Parameters:
    ///   - values: The values, by name.
    ///   - names: The names of those that are secrets.
    /// - Returns: What the model is told if that fails.
    func keep(_ values: JSONValue?, named names: [String], at origin: String) async -> String? {
        guard let vault else { return nil }
        do {
            for name in names {
                guard let value = values?[name]?.string else { continue }
                // The model has chosen the name.
                let plain = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : " " }.prefix(60))
                try await vault.keep(NewSecret(name: plain, site: origin, value: value), of: self.user)
            }
            return nil
        } catch {
            self.logger.warning("A secret can't be kept", metadata: ["site": "\(origin)", "error": "\(error)"])
            return "It can't be kept for later: \(error)"
        }
    }

    /// The name that models use. It says where the secret belongs, because two sites' secrets may have the same name.
    private static func name(of item: KeptItem) -> String {
        let host = item.site.firstRange(of: "://").map { String(item.site[$0.upperBound...]) } ?? item.site
        return "\(item.name ?? "secret")@\(host)"
    }

    func hasCode(for origin: String) -> Bool { self.codeOrigins.contains(origin) }

    /// Tells the model of the secrets for an origin, once.
    func note(for origin: String) -> String? {
        let names = self.secrets.names.filter { name in
            name.contains("@") && self.secrets.ref(name)?.origins == [origin]
        }
        guard !names.isEmpty, self.told.insert(origin).inserted else { return nil }
        return "The person keeps for this site, to be used with fill_secret: \(names.joined(separator: ", "))"
    }

    // MARK: Sign-ins

    /// Whether anything can be kept.
    nonisolated var canKeep: Bool { self.vault != nil }

    /// Returns the site of a page if its sign-in can be kept.
    func siteToKeep(of page: BrowserPage) async -> String? {
        guard self.vault != nil, let site = try? await page.site(), !site.isEmpty else { return nil }
        return site
    }

    /// Keeps the sign-ins that the user's answers allow.
    func take(_ answers: [InterruptAnswer], to interrupts: [Interrupt]) async {
        for answer in answers where answer.status == .resolved && answer.payload?[Self.consent] == true {
            // The site is the one that was asked about, whatever the answer says.
            let asked = interrupts.first { $0.id == answer.interruptId }
            if let site = asked?.metadata?["site"]?.string { await self.keep(site) }
        }
    }

    /// Returns the sign-in that a browser needs before it opens an address; `nil` if there is none, or if it has it.
    func signIn(forOpening address: String, in browser: BrowserSession) async -> SiteState? {
        let whole = address.contains("://") ? address : "https://\(address)"
        guard let host = URL(string: whole)?.host() else { return nil }
        return await self.signIn(where: { Site.holds(host, in: $0) }, in: browser)
    }

    /// Returns the sign-in that a browser needs for a page that asks to sign in.
    func signIn(at page: BrowserPage, in browser: BrowserSession) async -> SiteState? {
        guard self.vault != nil, let site = try? await page.site() else { return nil }
        return await self.signIn(where: { $0 == site }, in: browser)
    }

    private func signIn(where matches: (String) -> Bool, in browser: BrowserSession) async -> SiteState? {
        guard let vault, let item = await self.known().values.first(where: { matches($0.site) }),
            self.restored[item.site, default: []].insert(ObjectIdentifier(browser)).inserted
        else { return nil }
        var used = item
        used.lastUsedAt = .init(date: Date())
        self.signIns?[item.site] = used
        var state = SiteState()
        do {
            try await vault.update(used, of: self.user, isNew: false) { (kept: SiteState?) in
                state = kept ?? state
                return state
            }
        } catch {
            self.logger.warning("A sign-in can't be restored", metadata: ["site": "\(item.site)", "error": "\(error)"])
            return nil
        }
        self.bases[item.site] = state
        for cookie in state.cookies where cookie["httpOnly"] == true {
            guard let value = cookie["value"]?.string, value.count >= Self.shortestMasked else { continue }
            self.secrets.hide(value, as: "cookie \(cookie["name"]?.string ?? "")")
        }
        self.logger.info("A sign-in is restored", metadata: ["site": "\(item.site)"])
        return state
    }

    /// Whether the task has used the sign-in of a site.
    func hasUsed(_ site: String) -> Bool { self.bases[site] != nil }

    private func keep(_ site: String) async {
        guard let vault else { return }
        _ = await self.known()
        self.bases[site] = nil
        self.signIns?[site] = vault.newItem(
            .signIn, site: site, of: self.user, lifetime: .seconds(Self.days * 24 * 3600))
        self.nextSave = .now
    }

    /// Saves the sign-ins that are kept, if it is time.
    /// - Parameter isLast: Whether the browser ends.
    func save(from browser: BrowserSession?, isLast: Bool = false) async {
        guard let vault, let browser, let signIns, !signIns.isEmpty, isLast || self.nextSave <= .now else { return }
        self.nextSave = .now + Self.saveInterval
        let state: SiteState
        do {
            state = try await browser.siteState()
        } catch {
            self.logger.warning("The sign-ins can't be read from the browser", metadata: ["error": "\(error)"])
            return
        }
        for item in signIns.values {
            var ours = state.part(of: item.site)
            let base = self.bases[item.site] ?? SiteState()
            // The local storage is known only of the pages that are open.
            ours.items.merge(base.items) { now, _ in now }
            // A browser that knows nothing of the site says nothing about its sign-in.
            guard !ours.isEmpty, ours != base else { continue }
            do {
                // What the user has forgotten meanwhile stays forgotten.
                try await vault.update(item, of: self.user, isNew: base.isEmpty) { (theirs: SiteState?) in
                    let merged = theirs.map { ours.merged(with: $0, since: base) } ?? ours
                    return merged
                }
                self.bases[item.site] = ours
            } catch let error as VaultError where error.code == .notFound {
                self.signIns?[item.site] = nil
            } catch {
                self.logger.warning(
                    "A sign-in can't be saved", metadata: ["site": "\(item.site)", "error": "\(error)"])
            }
        }
    }

    private func known() async -> [String: KeptItem] {
        if let signIns { return signIns }
        let items = await self.items() ?? []
        let known = Dictionary(items.filter { $0.kind == .signIn }.map { ($0.site, $0) }) { first, _ in first }
        self.signIns = self.signIns ?? known
        return self.signIns ?? known
    }

    private func items() async -> [KeptItem]? {
        do {
            return try await self.vault?.items(of: self.user)
        } catch {
            // The task goes on as if nothing were kept.
            self.logger.warning("What is kept can't be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
