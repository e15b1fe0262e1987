public import BrowserAutomation
public import RuntimeProtocol

extension ApprovalPolicy {
    /// Roles of elements that hold a choice or text, which takes effect only later.
    private static let choiceRoles: Set = [
        "checkbox", "combobox", "file", "listbox", "menuitemcheckbox", "menuitemradio", "option", "radio", "searchbox",
        "slider", "spinbutton", "switch", "tab", "textbox",
    ]

    /// Returns the kind of an action, based on what the page reports about its target.
    public static func kind(of target: ActionTarget, action: BrowserAction) -> ActionKind {
        switch action {
        case .hover: return .look
        case .upload: return .upload
        case .fillSecret: return .credentials
        case .fill: return target.isPassword ? .credentials : .change
        case .type where !target.isSubmit: return target.isPassword ? .credentials : .change
        case .drag: return .change
        // Most choices take effect later, but some pages submit a form at once.
        case .select where !target.isSubmit: return .change
        case .check where !target.isSubmit: return .change
        case .click, .press, .type, .select, .check: break
        }
        guard target.isActivated else { return .change }
        if target.isSubmit, let form = target.form { return self.kind(ofSubmitting: form, by: target) }
        if self.isNavigation(target) { return .look }
        if self.choiceRoles.contains(target.role) {
            // Without a form, Enter in a message field sends the text.
            let isSending =
                action == .press && target.role == "textbox" && ActionLexicon.isForMessages(target.name)
            return isSending ? .send : .change
        }
        let named = ActionLexicon.isDismissal(target.words) ? .change : ActionLexicon.kind(of: target.words) ?? .change
        // Outside of a form, "Submit" may send nothing. If it does, the effect guard asks; with money, the user is asked
        // first.
        if ActionLexicon.isOnlySubmit(target.words), target.form == nil, !Money.isNamed(in: target.shown) {
            return .change
        }
        // An item that is removed from a cart can be added again. The effect guard still judges the request itself.
        return named == .delete && target.form.map { EffectRules.isCart($0.action) } ?? false ? .change : named
    }

    /// Returns whether the target is a link. Following a link only reads, whatever its text says: a payment comes
    /// later.
    private static func isNavigation(_ target: ActionTarget) -> Bool {
        guard let href = target.href?.lowercased(), target.role != "button" else { return false }
        return href.hasPrefix("https://") || href.hasPrefix("http://")
    }

    private static func kind(ofSubmitting form: ActionTarget.Form, by target: ActionTarget) -> ActionKind {
        // Enter in a field triggers the form's submit button, so the field's own name does not matter.
        let isField = self.choiceRoles.contains(target.role)
        let name = isField ? form.submitter ?? "" : target.words
        let isDismissal = ActionLexicon.isDismissal(name)
        let named = isDismissal ? nil : ActionLexicon.kind(of: name)
        if form.hasPayment { return .pay }
        // Many search forms have a button labeled "Submit".
        if form.isSearch, !form.hasPassword, [nil, .submit, .send].contains(named) { return .change }
        if named == .delete, EffectRules.isCart(form.action) { return .change }
        if let named, named != .submit { return named }
        if form.hasPassword { return .credentials }
        // A form without fields and with an unnamed button exists only to perform an action.
        if name.isEmpty, !isField, form.fields.isEmpty { return .submit }
        // The effect guard judges everything else that a form sends, before the request is sent.
        return named ?? .change
    }
}

extension ActionTarget {
    /// The target's name and its visible text. A page can show different text to users and to agents.
    var words: String {
        self.text.isEmpty || self.name.contains(self.text) ? self.name : "\(self.name) \(self.text)"
    }

    /// What users see of the target: its names, the text around it, and the content of its form.
    var shown: String {
        let fields = (self.form?.fields ?? []).map { $0.joined(separator: " ") }
        return ([self.name, self.text, self.surroundings] + fields).joined(separator: "\n")
    }
}
