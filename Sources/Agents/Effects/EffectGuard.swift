import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// Judges the requests of a task's browser. It blocks a request with a lasting effect before it is sent unless the user
/// has approved it. The user is asked about what was blocked, and the action is then repeated.
///
/// Background traffic, such as what a page sends while it loads or from a timer before any action on it, does not count
/// as an effect of the agent.
final class EffectGuard: Sendable {
    /// What the user has approved.
    struct Permit: Sendable {
        /// The fingerprints of the effects that the user was shown.
        var fingerprints: Set<String> = []
        /// The origins of those effects. Once they are sent, other requests of the repeated action to these origins are
        /// covered if no money moves.
        var origins: Set<String> = []
        /// The kinds of those effects. Further requests are covered if they are of these kinds, or only submit something.
        var effectKinds: Set<ActionKind> = [.submit]
        /// How many further actions on the page may still send the shown effects: something may block the first
        /// attempt.
        var actions = 5
        /// The address of the page that the permit is for; `nil` for any page.
        var address: String?
        /// Whether the user approved the action itself, as the page describes it. Its requests to the page's own site
        /// are then covered, once each.
        var coversAction = false
        /// The kinds of effect that this covers; `nil` for all.
        var kinds: Set<ActionKind>?
    }

    private struct Act {
        var moment: EffectRules.Moment
        var document: String?
        var permit: Permit
        /// When each effect was sent, by fingerprint. The same request again is a second submission, or the same
        /// request as seen in another debugging session.
        var spent: [String: ContinuousClock.Instant] = [:]
        var hasMovedMoney = false
        /// Whether something was sent that needs no approval and must not be sent twice either, such as an item for a
        /// cart.
        var hasChanged = false
    }

    private struct State {
        var act: Act?
        /// The last action. Its document may still send requests.
        var last: Act?
        var written: [String] = []
        /// What the agent has written into password fields.
        var passwords: Set<String> = []
        var background = BackgroundTraffic()
        /// Effects that were sent but not yet reported.
        var sent: [Effect] = []
        /// Effects that were blocked and that the user was not yet asked about.
        var stopped: [Effect] = []
        /// The effects that the user was last asked about.
        var asked: [Effect] = []
        /// The fingerprints of declined effects, and the number of consecutive refusals by page.
        var declined: Set<String> = []
        var refusals: [String: Int] = [:]
        /// The destinations of blocked requests. A page must not get them sent as soon as the user takes control.
        var stoppedPlaces: Set<String> = []
        /// Where the agent has signed in with a given secret. It is not used a second time without a question, because a
        /// site may also ask for it to confirm something.
        var signedIn: Set<String> = []
        /// Whether a declined effect was blocked again and this is not yet reported.
        var hasNagged = false
        /// What the user has approved for the next action.
        var next: Permit?
    }

    private static let mostWritten = 200
    private static let mostPlaces = 1000
    /// How many stopped effects a question may be about. A page may send any number.
    private static let mostStopped = 100
    /// The number of refusals after which a page is nagging, and its requests are blocked without a question.
    private static let mostRefusals = 5
    /// How long a repeat counts as the same request: a service worker's request is paused in two debugging sessions.
    private static let echo = Duration.seconds(1)

    private let secrets: SecretStore
    private let policy: ApprovalPolicy
    private let allowances: TaskAllowances
    private let state = Mutex(State())

    init(secrets: SecretStore, policy: ApprovalPolicy, allowances: TaskAllowances) {
        self.secrets = secrets
        self.policy = policy
        self.allowances = allowances
    }

    // MARK: Actions

    /// Records text that the agent writes.
    func note(written text: String) {
        guard text.count >= 4 else { return }
        self.state.withLock { $0.written = ($0.written + [text]).suffix(Self.mostWritten) }
    }

    /// Records text that the agent has written into a password field. It is not told again.
    func note(password: String) {
        guard password.count >= 3 else { return }
        self.state.withLock { state in
            if state.passwords.count < Self.mostWritten { state.passwords.insert(password) }
        }
    }

    /// Performs an action of the agent and attributes the page's requests to it.
    func during<Result>(
        _ moment: EffectRules.Moment, document: String?, permit: Permit, _ body: () async throws -> Result
    ) async throws -> Result {
        self.state.withLock { state in
            var moment = moment
            moment.written = state.written
            let secrets = self.secrets
            moment.holdsSecret = { secrets.isHeld(by: $0) }
            var permit = permit
            if let next = state.next.take(), next.address ?? moment.address == moment.address {
                permit.fingerprints.formUnion(next.fingerprints)
                permit.origins.formUnion(next.origins)
                permit.actions = next.actions
            }
            if permit.coversAction || !permit.fingerprints.isEmpty { state.refusals[moment.address] = nil }
            state.act = Act(moment: moment, document: document, permit: permit)
        }
        defer {
            self.state.withLock { state in
                if let act = state.act { state.next = Self.left(of: act) }
                state.last = state.act
                state.act = nil
            }
        }
        return try await body()
    }

    /// Returns what the user approved but was not yet sent. A page may have covered its own button after the first
    /// attempt was blocked.
    private static func left(of act: Act) -> Permit? {
        let left = act.permit.fingerprints.subtracting(act.spent.keys)
        guard !left.isEmpty, act.permit.actions > 0 else { return nil }
        return Permit(fingerprints: left, actions: act.permit.actions - 1, address: act.moment.address)
    }

    /// Whether an approved effect is still to be sent.
    var isOwed: Bool { self.state.withLock { $0.next?.fingerprints.isEmpty == false } }

    /// Whether the user must still be asked about a blocked effect.
    var hasStopped: Bool { self.state.withLock { !$0.stopped.isEmpty } }

    /// Revokes what the last action may still send, so that the action can be repeated.
    /// - Returns: `false` if the action has already sent something.
    func takeBack() -> Bool {
        self.state.withLock { state in
            guard state.last.map({ $0.spent.isEmpty && !$0.hasChanged }) ?? true else { return false }
            state.last?.permit = Permit()
            state.next = nil
            state.stopped = []
            return true
        }
    }

    /// Returns the effects that were sent since the last call.
    func takeSent() -> [Effect] {
        self.state.withLock { state in
            defer { state.sent = [] }
            return state.sent
        }
    }

    /// Returns the blocked effects that the user was not yet asked about.
    func takeStopped() -> [Effect] {
        self.state.withLock { state in
            // The page may repeat an approved request before an action lets it through.
            let approved = state.next?.fingerprints ?? []
            state.stopped.removeAll { approved.contains($0.fingerprint) }
            guard !state.stopped.isEmpty else { return [] }
            state.asked = state.stopped
            state.stopped = []
            return state.asked
        }
    }

    /// Records that the user declined the effects they were last asked about. If a page keeps trying to send them, they
    /// are blocked without another question.
    func decline() {
        self.state.withLock { state in
            state.declined.formUnion(state.asked.map(\.fingerprint))
            if let act = state.act ?? state.last { state.refusals[act.moment.address, default: 0] += 1 }
            state.asked = []
            state.stopped = []
            state.next = nil
        }
    }

    /// Returns whether a page tried again to send a declined effect since the last call.
    func takeNagging() -> Bool {
        self.state.withLock { state in
            defer { state.hasNagged = false }
            return state.hasNagged
        }
    }

    /// Clears the declined effects, because the user has worked in the browser since.
    func startAfresh() {
        self.state.withLock { state in
            state.declined = []
            state.refusals = [:]
            state.stoppedPlaces = []
            state.next = nil
        }
    }

    /// Lets the next action send what the user approved after the last action had ended.
    func allowNext(_ permit: Permit) { self.state.withLock { $0.next = permit } }

    /// What the page showed around the control of the last action.
    var shownAtLast: String { self.state.withLock { $0.last?.moment.shown ?? "" } }

    /// The fingerprints of what the last action has sent.
    var sentInLast: Set<String> { self.state.withLock { Set($0.last.map { Array($0.spent.keys) } ?? []) } }

    // MARK: Requests

    /// Judges a request. This function must not block.
    func judge(_ page: PageRequest) -> RequestVerdict {
        // Parse outside the lock.
        let request = WebRequest(page)
        return self.state.withLock { state in
            // Requests right after the user's own input pass. While the user is only watching, a running action still
            // counts as the source.
            if page.driver == .personPressing {
                state.stoppedPlaces.remove(request.place)
                return .pass
            }
            if page.driver == .person, state.act == nil {
                let isEffect = state.last.map { EffectRules.kind(of: request, $0.moment) != nil } ?? false
                return isEffect && state.stoppedPlaces.contains(request.place) ? .stop : .pass
            }
            let isNow = state.act != nil
            guard var act = state.act ?? state.last else {
                return self.learn(request, &state)
            }
            guard let kind = EffectRules.kind(of: request, act.moment) else {
                if isNow, page.method != "GET", page.type != "WebSocket", EffectRules.isReversible(request) {
                    state.act?.hasChanged = true
                }
                return .pass
            }
            if EffectRules.isExpendable(request, act.moment) { return .stop }
            // Requests that the next page makes on its own are background traffic, unless they are form navigations or
            // carry written text. Requests that a page sends while it unloads arrive when the next page is already
            // there.
            let isOfAct =
                page.document == nil || page.document == act.document || ["Document", "Ping"].contains(page.type)
                || page.referrer == act.moment.address
            let bearsMoney = EffectRules.bearsMoney(request, act.moment)
            if !isOfAct, !bearsMoney, kind == .submit { return self.learn(request, &state) }
            let mask = { [passwords = state.passwords, secrets] text in
                ShownFields.hiding(passwords, in: secrets.mask(text))
            }
            let effect = Effect(
                request, kind: kind, bearsMoney: bearsMoney, showsMoney: act.moment.showsMoney, mask: mask)
            // During an action only an identical request counts as background traffic: a page could send to the address
            // beforehand.
            let senders = page.referrer == act.moment.address ? [page.document, act.document] : [page.document]
            if state.background.contains(request, fingerprint: isNow ? effect.fingerprint : nil, of: senders) {
                return .pass
            }
            let isAllowed =
                effect.canLast && self.allowances.covers(.init(kind: kind, origin: effect.origin))
                || self.isSigningIn(request, kind, act, &state)
            if isAllowed || self.policy.rule(for: kind) == .allow {
                state.sent.append(effect)
                if isNow { state.act?.spent[effect.fingerprint] = .now }
                return .pass
            }
            let wasSent = act.spent[effect.fingerprint] != nil
            let verdict = Self.decide(effect, request, &act)
            let isNagging =
                state.refusals[act.moment.address, default: 0] >= Self.mostRefusals
                || !isNow && state.declined.contains(effect.fingerprint)
            if verdict == .stop, !wasSent {
                if isNagging {
                    state.hasNagged = true
                } else if state.stopped.count < Self.mostStopped,
                    !state.stopped.contains(where: { $0.fingerprint == effect.fingerprint })
                {
                    state.stopped.append(effect)
                }
            }
            if verdict == .pass {
                state.sent.append(effect)
                state.next?.fingerprints.remove(effect.fingerprint)
                state.stoppedPlaces.remove(request.place)
            } else if state.stoppedPlaces.count < Self.mostPlaces {
                state.stoppedPlaces.insert(request.place)
            }
            if isNow { state.act = act } else { state.last = act }
            return verdict
        }
    }

    /// Returns whether a request only signs in with what the user gave for its origin, for the first time.
    private func isSigningIn(_ request: WebRequest, _ kind: ActionKind, _ act: Act, _ state: inout State) -> Bool {
        guard kind == .credentials, !act.moment.showsMoney, GivenSecrets(secrets: self.secrets).covers(request) else {
            return false
        }
        return state.signedIn.insert(request.origin).inserted
    }

    /// Passes a request that no action caused, and records it as background traffic of the page.
    private func learn(_ request: WebRequest, _ state: inout State) -> RequestVerdict {
        if request.page.method != "GET" {
            let effect = Effect(
                request, kind: .submit, bearsMoney: false, showsMoney: true, mask: self.secrets.mask)
            state.background.learn(request, fingerprint: effect.fingerprint)
        }
        return .pass
    }

    /// Returns whether a form still goes to the approved address with the approved hidden values. A page can change
    /// both between the approval and the click.
    private static func isAsApproved(_ request: WebRequest, _ moment: EffectRules.Moment) -> Bool {
        guard request.page.type == "Document", request.page.method == "POST", let form = moment.form else {
            return true
        }
        // The page reports a long address by its beginning.
        let action = WebRequest.document(of: form.action)
        let isSame = action.hasSuffix("…") || WebRequest.document(of: request.page.url) == action
        guard isSame || action.isEmpty else { return false }
        return request.content.fields.allSatisfy { field in
            form.hidden[field.name].map { $0 == field.value || $0.contains("… #") } ?? true
        }
    }

    private static func decide(_ effect: Effect, _ request: WebRequest, _ act: inout Act) -> RequestVerdict {
        let permit = act.permit
        let isShown = permit.fingerprints.contains(effect.fingerprint)
        // Who lets a page have a file has not let it pay or delete something.
        let isOther = act.moment.control == .upload && (effect.kind != .upload || effect.bearsMoney)
        let isCovered =
            permit.coversAction && permit.kinds?.contains(effect.kind) ?? true && !isOther
            && WebRequest.isSameSite(request.host, act.moment.host)
            && Self.isAsApproved(request, act.moment) && EffectRules.namesShownAmounts(request, act.moment)
            // What follows the requests that the user was shown: before them, another one may take their place. Messages
            // have numbers and times where nothing can tell them from what they say, so the same one isn't known again.
            || (permit.fingerprints.isSubset(of: act.spent.keys) || request.page.type == "WebSocket")
                && permit.origins.contains(effect.origin) && !effect.bearsMoney
                && permit.effectKinds.contains(effect.kind)
        guard isShown || isCovered else { return .stop }
        if let before = act.spent[effect.fingerprint] {
            // A request that repeats at once is the service worker's own pause, not a second order.
            return .now - before < Self.echo && request.page.document == nil ? .pass : .stop
        }
        if effect.bearsMoney {
            guard !act.hasMovedMoney || isShown else { return .stop }
            act.hasMovedMoney = true
        }
        act.spent[effect.fingerprint] = .now
        return .pass
    }
}
