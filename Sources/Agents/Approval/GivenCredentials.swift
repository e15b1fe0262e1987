import AgentEvents
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol
import Synchronization

/// The passwords that the user has given for this task, and where they belong: secrets that they typed for a site, and
/// passwords in their own words about a site that the task names. Signing in with them there is what the user gave them
/// for, so they are not asked again.
///
/// Everything else that sends a password needs approval. What counts as signing in is recognized by tables of path words
/// and field names, because a password can also confirm that an account is closed or changed.
final class GivenCredentials: Sendable {
    private static let shortest = 4

    private let secrets: SecretStore
    private let places: NamedPlaces
    private struct State {
        /// What the user has said in this task.
        var said: [String]
        /// What the agent has written into password fields.
        var written: Set<String> = []
    }
    private let state: Mutex<State>

    init(secrets: SecretStore, task: AutomationTask) {
        self.secrets = secrets
        self.places = NamedPlaces(task)
        self.state = Mutex(State(said: [task.goal]))
    }

    /// Records the user's answer to a question.
    func note(said text: String) { self.state.withLock { $0.said.append(text) } }

    /// Records what the agent has written into a password field.
    func note(written password: String) { self.state.withLock { _ = $0.written.insert(password) } }

    /// Returns whether the user gave what an action on a target would use or send, for the target's site.
    func covers(_ attempt: ApprovalGate.Attempt, at target: ActionTarget) -> Bool {
        if attempt.action == .fillSecret {
            return target.isPassword
                && self.secrets.isGiven(attempt.input["secret"]?.string ?? "", for: target.origin)
        }
        guard target.isActivated, target.isSubmit, let form = target.form, form.hasPassword, !form.hasPayment,
            form.method == "post", form.action.hasPrefix("\(target.origin)/"),
            Self.isSigningIn(at: form.action), ActionLexicon.kind(of: target.words) == nil
        else { return false }
        return form.hasOnlySecrets || self.hasWrittenOnlyGiven(for: target.origin)
    }

    /// Returns whether a request only signs in, with what the user gave for its site.
    func covers(_ request: WebRequest) -> Bool {
        let fields = request.content.fields.filter { !$0.isFormToken }
        let written = self.state.withLock { $0.written }
        let words = Set(fields.flatMap { WebRequest.words($0.name) })
        guard request.page.method == "POST", request.content.files.isEmpty, !request.content.isOpaque,
            Self.isSigningIn(at: request.page.url), words.isSubset(of: Self.fields)
        else { return false }
        let passwords = fields.filter {
            EffectRules.isPassword($0) || written.contains($0.value) || self.secrets.isHeld(by: $0.value)
        }
        return !passwords.isEmpty
            && passwords.allSatisfy { field in
                self.secrets.isHeld(exactly: field.value, for: request.origin)
                    || self.isGiven(field.value, for: request.origin)
            }
    }

    private func hasWrittenOnlyGiven(for origin: String) -> Bool {
        let written = self.state.withLock { $0.written }
        return !written.isEmpty && written.allSatisfy { self.isGiven($0, for: origin) }
    }

    /// Returns whether the user has said a password, in a task that names the site.
    private func isGiven(_ password: String, for origin: String) -> Bool {
        password.count >= Self.shortest && self.places.holds(origin)
            && self.state.withLock { $0.said.contains { $0.contains(password) } }
    }

    // MARK: Signing in

    private static let signingIn: Set = [
        "login", "signin", "logon", "auth", "authenticate", "authentication", "session", "sessions", "sso",
    ]
    private static let pairs: Set = ["sign in", "log in", "log on", "daftar masuk", "log masuk"]
    /// The words that may accompany those in the last part of a path.
    private static let beside: Set = ["php", "aspx", "jsp", "html", "user", "users", "form", "post", "password", "v"]
    /// The words in the names of a sign-in form's fields.
    private static let fields: Set = [
        "email", "mail", "e", "username", "user", "name", "login", "id", "identifier", "account", "session",
        "credentials", "password", "pass", "passwd", "passcode", "pwd", "remember", "me", "keep", "signed", "in",
        "next", "redirect", "return", "to", "url", "uri", "back", "submit", "commit", "sign", "log", "csrf", "token",
        "or", "utf", "authenticity", "locale", "lang", "kata", "laluan", "emel", "pengguna",
    ]

    /// Returns whether the last part of an address only signs in.
    private static func isSigningIn(at address: String) -> Bool {
        let parts = (URL(string: address)?.path ?? "").split(separator: "/").map { WebRequest.words(String($0)) }
        guard var last = parts.last else { return false }
        let others = EffectRules.acting.union(EffectRules.removing).subtracting(["sign"])
        guard others.isDisjoint(with: parts.joined()) else { return false }
        let pair = last.indices.dropLast().first { self.pairs.contains("\(last[$0]) \(last[$0 + 1])") }
        if let pair { last.removeSubrange(pair...(pair + 1)) }
        return (pair != nil || !self.signingIn.isDisjoint(with: last))
            && Set(last).isSubset(of: self.signingIn.union(self.beside))
    }
}
