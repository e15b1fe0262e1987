public import BrowserAutomation
public import RuntimeProtocol

extension ApprovalPolicy {
    /// Roles of what is chosen or filled in, which takes effect only later.
    private static let choiceRoles: Set = [
        "checkbox", "combobox", "file", "listbox", "menuitemcheckbox", "menuitemradio", "option", "radio", "searchbox",
        "slider", "spinbutton", "switch", "tab", "textbox",
    ]

    /// How far an action reaches, by what the page tells of its target.
    public static func kind(of target: ActionTarget, action: BrowserAction) -> ActionKind {
        switch action {
        case .hover: return .look
        case .upload: return .upload
        case .fillSecret: return .credentials
        case .fill: return target.isPassword ? .credentials : .change
        case .type where !target.isSubmit: return target.isPassword ? .credentials : .change
        case .drag: return .change
        // Most are chosen for later; some pages send a form for it.
        case .select where !target.isSubmit: return .change
        case .check where !target.isSubmit: return .change
        case .click, .press, .type, .select, .check: break
        }
        guard target.isActivated else { return .change }
        if target.isSubmit, let form = target.form { return self.kind(ofSubmitting: form, by: target) }
        if self.isNavigation(target) { return .look }
        if self.choiceRoles.contains(target.role) {
            // Where there is no form, Enter sends what was written.
            let isSending =
                action == .press && target.role == "textbox" && ActionLexicon.isForMessages(target.name)
            return isSending ? .send : .change
        }
        let named = ActionLexicon.isDismissal(target.words) ? .change : ActionLexicon.kind(of: target.words) ?? .change
        // What is taken out of a cart can be put into it again; what is sent for it is judged by what it is.
        return named == .delete && target.form.map { EffectRules.isCart($0.action) } ?? false ? .change : named
    }

    /// Going to a page is looking, whatever the link says: paying comes after.
    private static func isNavigation(_ target: ActionTarget) -> Bool {
        guard let href = target.href?.lowercased(), target.role != "button" else { return false }
        return href.hasPrefix("https://") || href.hasPrefix("http://")
    }

    private static func kind(ofSubmitting form: ActionTarget.Form, by target: ActionTarget) -> ActionKind {
        // Enter in a field submits by the form's button, and the field's own name tells nothing of it.
        let isField = self.choiceRoles.contains(target.role)
        let name = isField ? form.submitter ?? "" : target.words
        let isDismissal = ActionLexicon.isDismissal(name)
        let named = isDismissal ? nil : ActionLexicon.kind(of: name)
        if form.hasPayment { return .pay }
        // Many a search is sent by a button that says "Submit".
        if form.isSearch, !form.hasPassword, [nil, .submit, .send].contains(named) { return .change }
        if named == .delete, EffectRules.isCart(form.action) { return .change }
        if let named, named != .submit { return named }
        if form.hasPassword { return .credentials }
        // A form that nobody can fill in, sent by a button without a name, only does something.
        if name.isEmpty, !isField, form.fields.isEmpty { return .submit }
        // What else a form sends is judged by what it is, once it is about to be sent.
        return named ?? .change
    }
}

extension ActionTarget {
    /// What it is called and what is written on it: a page may say one thing to people and another to agents.
    var words: String {
        self.text.isEmpty || self.name.contains(self.text) ? self.name : "\(self.name) \(self.text)"
    }

    /// What people see of it: its names, the text around it, and what its form holds.
    var shown: String {
        let fields = (self.form?.fields ?? []).map { $0.joined(separator: " ") }
        return ([self.name, self.text, self.surroundings] + fields).joined(separator: "\n")
    }
}
