import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// Stands in the network path of a task's browser: what an action of the agent would do for good is stopped before it is
/// sent, unless a person has said yes to it. What is stopped is asked about, and the action done again.
///
/// A page's own habits, such as what it sends while it loads or by a timer before anything was done on it, are no doing
/// of the agent's.
final class EffectGuard: Sendable {
    /// What a person has allowed.
    struct Permit: Sendable {
        /// The effects that were shown, by their fingerprints.
        var fingerprints: Set<String> = []
        /// Where they go; what else the repeated action sends there without money is covered.
        var origins: Set<String> = []
        /// For how many further actions on its page what was shown may still be sent: something may be in the way at first.
        var actions = 5
        /// Where it was asked about.
        var address: String?
        /// Whether the action itself was approved, by what the page says of it: what it sends within the page's site is
        /// covered, once each.
        var coversAction = false
    }

    private struct Act {
        var moment: EffectRules.Moment
        var document: String?
        var permit: Permit
        /// What was sent already: the same again is a second submission, or another session's view of the first.
        var spent: [String: ContinuousClock.Instant] = [:]
        var hasMovedMoney = false
    }

    private struct State {
        var act: Act?
        /// The last action, in whose document something may still come.
        var last: Act?
        var written: [String] = []
        /// What the document that is shown sends by itself: by address and fields, and by their fingerprints.
        var habits: Set<String> = []
        var known: Set<String> = []
        var habitual: String?
        /// What was sent and has not been told.
        var sent: [Effect] = []
        /// What was stopped and has not been asked about.
        var stopped: [Effect] = []
        /// What a person was asked about last.
        var asked: [Effect] = []
        /// What a person has declined, by its fingerprints, and how often one after the other on each page.
        var declined: Set<String> = []
        var refusals: [String: Int] = [:]
        /// Where what was stopped wanted to go: a page must not get it sent as soon as a person takes over.
        var stoppedPlaces: Set<String> = []
        /// Whether something was stopped for that, and has not been told.
        var hasNagged = false
        /// What a person has allowed of it, for the next action.
        var next: Permit?
    }

    private static let mostWritten = 200
    private static let mostHabits = 1000
    /// After so many a page is nagging, and what it sends is stopped without a question.
    private static let mostRefusals = 5
    /// A service worker's request is paused in two sessions; the second one is the same.
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

    /// Takes note of what the agent writes.
    func note(written text: String) {
        guard text.count >= 4 else { return }
        self.state.withLock { $0.written = ($0.written + [text]).suffix(Self.mostWritten) }
    }

    /// Does an action of the agent.
    func during<Result>(
        _ moment: EffectRules.Moment, document: String?, permit: Permit, _ body: () async throws -> Result
    ) async throws -> Result {
        self.state.withLock { state in
            var moment = moment
            moment.written = state.written
            let secrets = self.secrets
            moment.holdsSecret = { secrets.mask($0) != $0 }
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

    /// What a person has allowed and was not sent: a page may have covered its own button when the first try was stopped.
    private static func left(of act: Act) -> Permit? {
        let left = act.permit.fingerprints.subtracting(act.spent.keys)
        guard !left.isEmpty, act.permit.actions > 0 else { return nil }
        return Permit(fingerprints: left, actions: act.permit.actions - 1, address: act.moment.address)
    }

    /// Whether something may still be sent that a person has allowed.
    var isOwed: Bool { self.state.withLock { $0.next?.fingerprints.isEmpty == false } }

    /// Whether something was stopped that is still to be asked about.
    var hasStopped: Bool { self.state.withLock { !$0.stopped.isEmpty } }

    /// Ends what the last action may still send, so that it can be done again.
    /// - Returns: `false` where it has sent something.
    func takeBack() -> Bool {
        self.state.withLock { state in
            guard state.last?.spent.isEmpty ?? true else { return false }
            state.last?.permit = Permit()
            state.next = nil
            state.stopped = []
            return true
        }
    }

    /// What was sent since this was asked for last.
    func takeSent() -> [Effect] {
        self.state.withLock { state in
            defer { state.sent = [] }
            return state.sent
        }
    }

    /// What was stopped and has not been asked about yet.
    func takeStopped() -> [Effect] {
        self.state.withLock { state in
            guard !state.stopped.isEmpty else { return [] }
            state.asked = state.stopped
            state.stopped = []
            return state.asked
        }
    }

    /// Takes note that a person has declined what was asked about last. A page that keeps trying it does so unheard.
    func decline() {
        self.state.withLock { state in
            state.declined.formUnion(state.asked.map(\.fingerprint))
            if let act = state.act ?? state.last { state.refusals[act.moment.address, default: 0] += 1 }
            state.asked = []
            state.stopped = []
            state.next = nil
        }
    }

    /// Whether a page has tried again what a person has declined, since this was asked for last.
    func takeNagging() -> Bool {
        self.state.withLock { state in
            defer { state.hasNagged = false }
            return state.hasNagged
        }
    }

    /// Forgets what a person has declined, for they have worked in the browser since.
    func startAfresh() {
        self.state.withLock { state in
            state.declined = []
            state.refusals = [:]
            state.stoppedPlaces = []
            state.next = nil
        }
    }

    /// Lets the next action do what a person has allowed after the last one had ended.
    func allowNext(_ permit: Permit) { self.state.withLock { $0.next = permit } }

    // MARK: Requests

    /// Judges a request. Must not wait.
    func judge(_ page: PageRequest) -> RequestVerdict {
        // Parsed outside of the lock.
        let request = WebRequest(page)
        return self.state.withLock { state in
            // What a person does is theirs; what an action is just sending is not.
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
            guard let kind = EffectRules.kind(of: request, act.moment) else { return .pass }
            if EffectRules.isExpendable(request, act.moment) { return .stop }
            // What the next page sends by itself is its habit, unless it goes there as a form or bears what was written.
            // What a page sends while it is left comes when the next one is there already.
            let isOfAct =
                page.document == nil || page.document == act.document || ["Document", "Ping"].contains(page.type)
                || page.referrer == act.moment.address
            let bearsMoney = EffectRules.bearsMoney(request, act.moment)
            if !isOfAct, !bearsMoney, kind == .submit { return self.learn(request, &state) }
            let effect = Effect(
                request, kind: kind, bearsMoney: bearsMoney, showsMoney: act.moment.showsMoney, mask: self.secrets.mask)
            // During an action only the very same counts: a page could make a habit of the address first.
            if state.habitual == page.document,
                isNow ? state.known.contains(effect.fingerprint) : state.habits.contains(request.habit)
            {
                return .pass
            }
            let isAllowed =
                effect.canLast
                && self.allowances.covers(.init(kind: kind, origin: effect.origin))
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
                } else if !state.stopped.contains(where: { $0.fingerprint == effect.fingerprint }) {
                    state.stopped.append(effect)
                }
            }
            if verdict == .pass {
                state.sent.append(effect)
                state.next?.fingerprints.remove(effect.fingerprint)
                state.stoppedPlaces.remove(request.place)
            } else if state.stoppedPlaces.count < Self.mostHabits {
                state.stoppedPlaces.insert(request.place)
            }
            if isNow { state.act = act } else { state.last = act }
            return verdict
        }
    }

    /// What comes before anything was done is how the page lives.
    private func learn(_ request: WebRequest, _ state: inout State) -> RequestVerdict {
        if state.habitual != request.page.document {
            (state.habits, state.known, state.habitual) = ([], [], request.page.document)
        }
        if request.page.method != "GET", state.habits.count < Self.mostHabits {
            state.habits.insert(request.habit)
            state.known.insert(
                Effect(request, kind: .submit, bearsMoney: false, showsMoney: true, mask: self.secrets.mask).fingerprint
            )
        }
        return .pass
    }

    /// Whether a form still goes where it went when it was approved, with what it held unseen: a page can change both
    /// between the yes and the click.
    private static func isAsApproved(_ request: WebRequest, _ moment: EffectRules.Moment) -> Bool {
        guard request.page.type == "Document", request.page.method == "POST", let form = moment.form else {
            return true
        }
        // A long address is told by its beginning.
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
        let isCovered =
            permit.coversAction && WebRequest.isSameSite(request.host, act.moment.host)
            && Self.isAsApproved(request, act.moment) && EffectRules.namesShownAmounts(request, act.moment)
            || permit.origins.contains(effect.origin) && !effect.bearsMoney
        guard isShown || isCovered else { return .stop }
        if let before = act.spent[effect.fingerprint] {
            // The worker's own pause of what has just gone, and no second order.
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
