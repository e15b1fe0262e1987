import AgentEvents
import BrowserAutomation
import FoundationEssentials
import Logging
import RuntimeProtocol
import Vault

/// The sites that a user stays signed in to, for one task.
///
/// A sign-in is given to a browser only when the task goes to its site, and saved only from a browser that has it: by
/// restoring, or because the user has signed in there and wants to stay so.
actor SignIns {
    /// The member of an answer that says whether the user stays signed in.
    static let consent = "stay_signed_in"
    /// How long a sign-in is kept.
    static let days = 30
    /// The shortest time between two saves while a task runs.
    private static let saveInterval = Duration.seconds(60)
    /// Shorter values of cookies aren't masked: pages show them by chance.
    private static let shortestMasked = 16

    private struct SignIn {
        var item: KeptItem
        /// Whether the user has said yes in this task, and nothing was stored yet.
        var isNew = false
        /// The browser that has the sign-in, and what it began with.
        var browser: UUID?
        var base = SiteState()
        /// Whether it was restored, and not signed in by the user since.
        var isRestored = false
    }

    private let vault: Vault?
    private let user: UserID?
    private let secrets: SecretStore
    private let logger: Logger
    /// `nil` until they are first needed.
    private var signIns: [Site: SignIn]?
    /// When to try again to read what is kept, after that has failed.
    private var nextRead = ContinuousClock.now
    /// What the user has taken back, and could not be removed yet.
    private var takenBack: [KeptItem] = []
    private var nextSave = ContinuousClock.now

    init(vault: Vault?, user: UserID?, secrets: SecretStore, logger: Logger) {
        self.vault = vault
        self.user = user
        self.secrets = secrets
        self.logger = logger
    }

    // MARK: Restoring

    /// Returns the sign-in that a browser needs before it opens a page of a host; `nil` if there is none, or if it has it.
    func restorable(for host: String, in browser: UUID) async -> SiteState? {
        // The most specific one, if a host has its own.
        let site = await self.known().keys.filter { $0.holds(host) }.max { $0.name.count < $1.name.count }
        guard let vault, let site, var signIn = await self.known()[site], signIn.browser != browser else { return nil }
        if signIn.isNew {
            // The browser in which the user signed in has ended; this one was brought to where it was.
            self.signIns?[site]?.browser = browser
            return nil
        }
        var state = SiteState()
        do {
            try await vault.change(signIn.item, of: self.user) { (kept: SiteState, item: inout KeptItem) in
                item.lastUsedAt = .init(date: Date())
                state = kept
                return kept
            }
        } catch {
            self.note(error, "A sign-in can't be restored", site)
            return nil
        }
        (signIn.browser, signIn.base, signIn.isRestored) = (browser, state, true)
        self.signIns?[site] = signIn
        self.mask(state)
        self.logger.info("A sign-in is restored", metadata: ["site": "\(site.name)"])
        return state
    }

    /// Notes that a browser has the sign-ins in a state, because it takes the place of another one.
    func adopt(_ state: SiteState, in browser: BrowserSession) async {
        for site in await self.known().keys {
            let part = state.part(of: site)
            guard !part.isEmpty else { continue }
            self.signIns?[site]?.browser = browser.id
            self.signIns?[site]?.base = part
        }
    }

    private func mask(_ state: SiteState) {
        for cookie in state.cookies where cookie["httpOnly"] == true {
            guard let value = cookie["value"]?.string, value.count >= Self.shortestMasked else { continue }
            self.secrets.hide(value, as: "cookie")
        }
    }

    // MARK: Consent

    /// Returns the site of a page that the user can be asked to stay signed in to.
    func siteToOffer(at page: BrowserPage) async -> Site? {
        guard self.vault != nil, let site = try? await page.site() else { return nil }
        let known = await self.known()[site]
        // Who has said yes in this task is not asked again, such as for the code after the password.
        return known.map { $0.isRestored || $0.browser == nil } ?? true ? site : nil
    }

    /// Whether a page's site was given a kept sign-in in this task, so that a page that asks to sign in says it's over.
    func hasRestored(_ site: Site) -> Bool { self.signIns?[site]?.isRestored ?? false }

    /// Keeps the sign-ins that the user's answers allow, from the browser where the user has signed in. Who was asked and
    /// doesn't say yes takes an earlier yes back.
    func take(_ answers: [InterruptAnswer], to interrupts: [Interrupt], in browser: BrowserSession?) async {
        for answer in answers where answer.status == .resolved {
            // The site is the one that was asked about, whatever the answer says.
            guard let asked = interrupts.first(where: { $0.id == answer.interruptId })?.metadata,
                let name = asked["site"]?.string
            else { continue }
            let site = Site(name: name, isHost: asked["is_host"] == true)
            if answer.payload?[Self.consent] == true {
                await self.keep(site, in: browser)
            } else if let known = await self.known()[site] {
                self.signIns?[site] = nil
                self.takenBack.append(known.item)
                await self.forgetTakenBack()
            }
        }
    }

    private func forgetTakenBack() async {
        guard let vault else { return }
        for item in self.takenBack {
            do {
                try await vault.forget(item.id, of: self.user)
                self.takenBack.removeAll { $0 == item }
            } catch {
                // The next save tries again.
                self.logger.warning(
                    "A sign-in can't be removed", metadata: ["site": "\(item.site)", "error": "\(error)"])
            }
        }
    }

    private func keep(_ site: Site, in browser: BrowserSession?) async {
        guard let vault else { return }
        var item = vault.newItem(
            .signIn, site: site.name, of: self.user, lifetime: .seconds(Self.days * 24 * 3600))
        item.isHost = site.isHost ? true : nil
        _ = await self.known()
        self.signIns?[site] = SignIn(item: item, isNew: true, browser: browser?.id)
        await self.save(from: browser, isLast: true)
    }

    // MARK: Saving

    /// Saves the sign-ins that a browser has, if it is time.
    /// - Parameter isLast: Whether the browser ends.
    func save(from browser: BrowserSession?, isLast: Bool = false) async {
        guard let browser, isLast || self.nextSave <= .now else { return }
        if !self.takenBack.isEmpty { await self.forgetTakenBack() }
        for (site, signIn) in self.signIns ?? [:] where signIn.isNew && signIn.browser == nil {
            self.signIns?[site]?.browser = browser.id
        }
        let sites = (self.signIns ?? [:]).filter { $0.value.browser == browser.id }
        guard !sites.isEmpty else { return }
        self.nextSave = .now + Self.saveInterval
        let state: SiteState
        do {
            state = try await browser.siteState { host in sites.keys.contains { $0.holds(host) } }
        } catch {
            self.logger.warning("The sign-ins can't be read from the browser", metadata: ["error": "\(error)"])
            return
        }
        Failpoint.reach(.signInRead)
        for (site, signIn) in sites {
            let now = state.part(of: site)
            // A browser that knows nothing of the site says nothing about its sign-in.
            guard !now.isEmpty else { continue }
            self.mask(now)
            // The local storage is known only of the pages that are open.
            let ours = now.adding(itemsOf: signIn.base)
            guard ours != signIn.base || signIn.isNew else { continue }
            await self.save(ours, of: site, signIn)
        }
    }

    private func save(_ ours: SiteState, of site: Site, _ signIn: SignIn) async {
        guard let vault else { return }
        do {
            for state in [ours, ours.withoutItems, ours.withoutItems.reduced(to: Vault.mostBytes / 2)] {
                do {
                    try await self.store(state, signIn, in: vault)
                    self.signIns?[site]?.base = state
                    self.signIns?[site]?.isNew = false
                    return
                } catch let error as VaultError where error.code == .tooLarge {
                    self.note(error, "A sign-in is too large to be kept as a whole", site)
                }
            }
        } catch {
            self.note(error, "A sign-in can't be saved", site)
        }
    }

    private func store(_ ours: SiteState, _ signIn: SignIn, in vault: Vault) async throws {
        if signIn.isNew {
            // Whatever was kept before is over.
            try await vault.put(signIn.item, of: self.user) { (_: SiteState?) in ours }
        } else {
            try await vault.change(signIn.item, of: self.user) { (theirs: SiteState, _: inout KeptItem) in
                ours.merged(with: theirs, since: signIn.base)
            }
        }
    }

    private func note(_ error: any Error, _ what: String, _ site: Site) {
        if (error as? VaultError)?.code == .notFound {
            // The user has forgotten it meanwhile, so it stays forgotten.
            self.signIns?[site] = nil
        } else {
            self.logger.warning("\(what)", metadata: ["site": "\(site.name)", "error": "\(error)"])
        }
    }

    private func known() async -> [Site: SignIn] {
        if let signIns { return signIns }
        guard let vault, self.nextRead <= .now else { return [:] }
        do {
            let items = try await vault.items(of: self.user).filter { $0.kind == .signIn }
            let known = items.map { (Site(name: $0.site, isHost: $0.isHost ?? false), SignIn(item: $0)) }
            self.signIns = self.signIns ?? Dictionary(known) { first, _ in first }
        } catch {
            // The task goes on as if nothing were kept, and tries again later.
            self.nextRead = .now + Self.saveInterval
            self.logger.warning("What is kept can't be read", metadata: ["error": "\(error)"])
        }
        return self.signIns ?? [:]
    }
}
