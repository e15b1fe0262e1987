import AgentEvents
import BrowserAutomation

/// Signing in with secrets that the user gave for exactly this origin. That is what they gave them for, so they are not
/// asked again: neither before a secret that they have just typed is put into its field, nor before the form is sent.
///
/// A password can also confirm a payment or close an account. So only what looks like nothing but signing in counts, by
/// tables of path words and field names. Everything else that sends a password needs approval.
struct GivenSecrets: Sendable {
    let secrets: SecretStore

    /// Returns whether the user gave what an action on a target would use or send, for the target's origin.
    func covers(_ attempt: ApprovalGate.Attempt, at target: ActionTarget) -> Bool {
        if attempt.action == .fillSecret {
            return target.isPassword
                && self.secrets.isGiven(attempt.input["secret"]?.string ?? "", for: target.origin)
        }
        guard target.isActivated, target.isSubmit, let form = target.form, form.hasOnlySecrets, !form.hasPayment,
            form.method == "post", form.action.hasPrefix("\(target.origin)/"), !Money.isNamed(in: target.shown)
        else { return false }
        // Enter in a field triggers the form's button.
        return [target.words, form.submitter ?? ""].allSatisfy { ActionLexicon.kind(of: $0) == nil }
            && Self.isSigningIn(at: form.action)
    }

    /// Returns whether a request only signs in, with secrets of its origin.
    func covers(_ request: WebRequest) -> Bool {
        let content = request.content
        guard request.page.method == "POST", content.files.isEmpty, !content.isOpaque,
            Self.isSigningIn(at: request.page.url)
        else { return false }
        let fields = content.fields.filter { !$0.isFormToken }
        let secret = fields.filter { EffectRules.isPassword($0) || self.secrets.isHeld(by: $0.value) }
        return !secret.isEmpty
            && secret.allSatisfy { self.secrets.isHeld(exactly: $0.value, for: request.origin) }
            && fields.allSatisfy { field in
                let words = Set(WebRequest.words(field.name))
                return !words.isEmpty && words.isSubset(of: Self.fields) && !EffectRules.isCard(field.value)
                    && field.value.count < EffectRules.shortestMessage && ActionLexicon.kind(of: field.value) == nil
            }
    }

    private static let signingIn: Set = [
        "login", "signin", "logon", "auth", "authenticate", "authentication", "session", "sessions", "sso",
    ]
    private static let pairs: Set = ["sign in", "log in", "log on", "daftar masuk", "log masuk"]
    /// The words that may accompany those in a path.
    private static let beside: Set = [
        "php", "aspx", "jsp", "html", "user", "users", "member", "members", "account", "accounts", "customer",
        "customers", "admin", "administrator", "staff", "console", "dashboard", "form", "post", "password", "api",
        "rest", "v", "wp", "en", "ms", "my", "in", "portal", "identity",
    ]
    /// The words in the names of a sign-in form's fields.
    private static let fields: Set = [
        "email", "mail", "e", "username", "user", "name", "login", "id", "identifier", "session", "credentials",
        "password", "pass", "passwd", "passcode", "pwd", "remember", "me", "keep", "signed", "in", "next", "redirect",
        "return", "url", "uri", "back", "submit", "commit", "sign", "log", "csrf", "token", "or", "utf", "authenticity",
        "locale", "lang", "kata", "laluan", "emel", "pengguna", "input", "wp", "testcookie",
    ]

    /// Returns whether an address only signs in: each part of its path may do so, and the last one does.
    private static func isSigningIn(at address: String) -> Bool {
        let parts = WebRequest.pathParts(of: address)
        let all = self.signingIn.union(self.beside)
        return parts.dropLast().allSatisfy { Set(self.withoutPairs($0)).isSubset(of: all) }
            && parts.last.map { last in
                let rest = self.withoutPairs(last)
                return Set(rest).isSubset(of: all)
                    && (rest.count < last.count || !self.signingIn.isDisjoint(with: rest))
            } ?? false
    }

    /// Returns the words that are not part of a pair such as "sign in".
    private static func withoutPairs(_ words: [String]) -> [String] {
        var rest = words
        while let pair = rest.indices.dropLast().first(where: { self.pairs.contains("\(rest[$0]) \(rest[$0 + 1])") }) {
            rest.removeSubrange(pair...(pair + 1))
        }
        return rest
    }
}
