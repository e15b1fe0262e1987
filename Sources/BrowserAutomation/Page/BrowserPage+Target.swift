import AgentEvents

/// A description of what an action on a control would do, according to its page.
public struct ActionTarget: Sendable, Hashable, Codable {
    /// The role of the control, such as `button`; empty if no element has the focus.
    public var role: String
    /// The accessible name of the control.
    public var name: String
    /// The visible text of the control, which may differ from its name.
    public var text: String
    /// The name of the HTML element, such as `input`.
    public var tag: String
    /// The `type` of an input or button.
    public var type: String
    /// Whether the action is a click, or a key that has the same effect: Enter or the space bar.
    public var isActivated: Bool
    /// Whether the action submits the form.
    public var isSubmit: Bool
    /// Whether the control accepts files.
    public var isUpload: Bool
    /// Whether the control is a password field, or a field that contains a secret.
    public var isPassword: Bool
    /// The address that a link leads to, or `#fragment` for a link within its own page.
    public var href: String?
    /// The origin of the control's document, such as `https://example.com`.
    public var origin: String
    /// The address of the control's document, without its fragment.
    public var url: String
    /// The text that the action is about: that of the form, of the surrounding dialog or row, or of the page. If the
    /// text is long, its first 4,000 characters and a hash of the rest.
    public var surroundings: String
    /// A hash of everything else that belongs to the action: images, drawings, labels, the page's headings, and the
    /// names of the form's fields; empty if there is nothing.
    public var details: String
    /// The form that the control belongs to.
    public var form: Form?
    /// What the page shows beside the control and its form; `nil` unless it was asked for with
    /// ``BrowserPage/context(of:)``.
    public var context: Context?

    /// What a page shows beside the control of an action and its form. It may say what the action costs, or is about.
    public struct Context: Sendable, Hashable, Codable {
        /// The amounts of money in the visible text and the fields of the page, in its order. If there are more than 200, a
        /// hash stands for the others.
        public var amounts: [String]
        /// The names and states of the controls that are not in the form. A hash stands for all beyond the first 60.
        public var controls: [[String]]
        /// The text above the form, up to a heading; at most 600 characters.
        public var lead: String
        /// A hash of the pictures, labels, drawings, and styles above the form; empty if there are none.
        public var leadDetails: String

        /// - Parameters:
        ///   - amounts: The amounts of money on the page.
        ///   - controls: The names and states of the controls that are not in the form.
        ///   - lead: The text above the form.
        ///   - leadDetails: A hash of what is visible above the form and no text.
        public init(
            amounts: [String] = [], controls: [[String]] = [], lead: String = "", leadDetails: String = ""
        ) {
            self.amounts = amounts
            self.controls = controls
            self.lead = lead
            self.leadDetails = leadDetails
        }

        fileprivate func mapTexts(_ change: (String) -> String) -> Context {
            Context(
                amounts: self.amounts.map(change), controls: self.controls.map { $0.map(change) },
                lead: change(self.lead), leadDetails: self.leadDetails)
        }
    }

    /// The state of a form.
    public struct Form: Sendable, Hashable, Codable {
        /// The method of the form: `get`, `post` or `dialog`.
        public var method: String
        /// The address that the form is submitted to.
        public var action: String
        /// The name of the button that submits the form.
        public var submitter: String?
        /// Whether the form has an enabled password field that is visible or filled.
        public var hasPassword: Bool
        /// Whether there is such a field, and each was filled with a secret of the ``SecretStore``.
        public var hasOnlySecrets: Bool
        /// Whether the form asks for a card or an account to pay with.
        public var hasPayment: Bool
        /// Whether the form is a search form.
        public var isSearch: Bool
        /// The label and value of each visible field. Passwords and secrets are not included.
        public var fields: [[String]]
        /// The name and value of each field that the form sends without showing it.
        public var hidden: [[String]]

        /// Creates the state of a form.
        /// - Parameters:
        ///   - method: The method of the form.
        ///   - action: The address that the form is submitted to.
        ///   - submitter: The name of the button that submits the form.
        ///   - hasPassword: Whether the form has an enabled password field that is visible or filled.
        ///   - hasOnlySecrets: Whether there is such a field, and each was filled with a secret of the ``SecretStore``.
        ///   - hasPayment: Whether the form asks for a card or an account to pay with.
        ///   - isSearch: Whether the form is a search form.
        ///   - fields: The label and value of each visible field.
        ///   - hidden: The name and value of each field that the form sends without showing it.
        public init(
            method: String = "get", action: String = "", submitter: String? = nil, hasPassword: Bool = false,
            hasOnlySecrets: Bool = false, hasPayment: Bool = false, isSearch: Bool = false, fields: [[String]] = [],
            hidden: [[String]] = []
        ) {
            self.method = method
            self.action = action
            self.submitter = submitter
            self.hasPassword = hasPassword
            self.hasOnlySecrets = hasOnlySecrets
            self.hasPayment = hasPayment
            self.isSearch = isSearch
            self.fields = fields
            self.hidden = hidden
        }
    }

    /// Creates a description.
    /// - Parameters:
    ///   - role: The role of the control.
    ///   - name: The accessible name of the control.
    ///   - text: The visible text of the control.
    ///   - tag: The name of the HTML element.
    ///   - type: The `type` of an input or button.
    ///   - isActivated: Whether the action is a click, or a key that has the same effect.
    ///   - isSubmit: Whether the action submits the form.
    ///   - isUpload: Whether the control accepts files.
    ///   - isPassword: Whether the control is a password field, or a field that contains a secret.
    ///   - href: The address that a link leads to.
    ///   - origin: The origin of the control's document.
    ///   - url: The address of the control's document.
    ///   - surroundings: The text that the action is about.
    ///   - details: A hash of everything else that belongs to the action.
    ///   - form: The form that the control belongs to.
    public init(
        role: String, name: String, text: String = "", tag: String = "", type: String = "", isActivated: Bool = true,
        isSubmit: Bool = false, isUpload: Bool = false, isPassword: Bool = false, href: String? = nil,
        origin: String, url: String = "", surroundings: String = "", details: String = "",
        form: Form? = nil
    ) {
        self.role = role
        self.name = name
        self.text = text
        self.tag = tag
        self.type = type
        self.isActivated = isActivated
        self.isSubmit = isSubmit
        self.isUpload = isUpload
        self.isPassword = isPassword
        self.href = href
        self.origin = origin
        self.url = url
        self.surroundings = surroundings
        self.details = details
        self.form = form
    }

    /// Returns a copy with a change applied to the texts that come from the page.
    fileprivate func mapTexts(_ change: (String) -> String) -> ActionTarget {
        var target = self
        target.name = change(self.name)
        target.text = change(self.text)
        target.surroundings = change(self.surroundings)
        target.href = self.href.map(change)
        target.form?.action = change(self.form?.action ?? "")
        target.form?.submitter = self.form?.submitter.map(change)
        target.form?.fields = (self.form?.fields ?? []).map { $0.map(change) }
        return target
    }
}

extension BrowserPage {
    /// Returns the origin of the page, such as `https://example.com`.
    /// - Throws: ``BrowserError``.
    public func origin() async throws -> String {
        try await self.asAgent { try await self.call("origin", as: String.self) }
    }

    /// Returns the obstacle on the page that only a user can pass, such as a CAPTCHA; `nil` if there is none.
    /// - Throws: ``BrowserError``.
    public func obstacle() async throws -> PageObstacle? {
        struct Found: Decodable { var kind: PageObstacle? }
        return try await self.asAgent { try await self.call("obstacle", as: Found.self).kind }
    }

    /// Returns what the page shows beside the control of an action and its form.
    /// - Parameter reference: The reference of the control in the latest snapshot; `nil` for the control that has the focus.
    ///   If it's in a frame of another site, the amounts of the page around it count as well.
    /// - Throws: ``BrowserError``.
    public func context(of reference: String?) async throws -> ActionTarget.Context {
        let element = try reference.map { try ElementReference($0) }
        let (path, id) = (element?.path ?? .main, element.map { JSONValue.string($0.id) } ?? .null)
        return try await self.asAgent {
            var context = try await self.call("besideTarget", [id], in: path, as: ActionTarget.Context.self)
            if !path.keys.isEmpty {
                context.amounts += try await self.call("besideTarget", [.null], as: ActionTarget.Context.self).amounts
            }
            return context.mapTexts(self.configuration.secrets.mask)
        }
    }

    private struct TargetAnswer: Decodable {
        var gone: String?
        /// The key of the frame that contains the focus.
        var frame: String?
        var target: ActionTarget?
    }

    /// Returns what an action on a control would do.
    /// - Parameters:
    ///   - reference: The reference of the control in the latest snapshot; `nil` for the control that has the focus.
    ///   - key: The key to press, such as `Enter`; `nil` for a click.
    /// - Returns: A description of the control and its form.
    /// - Throws: ``BrowserError`` with code `staleReference`, or with code `invalidValue` if the reference or key is
    ///   not valid.
    public func target(of reference: String?, key: String? = nil) async throws -> ActionTarget {
        let element = try reference.map { try ElementReference($0) }
        let key = try key.map { JSONValue.string(try KeyPress($0).key) } ?? .null
        return try await self.asAgent {
            try self.checkLooked()
            var path = element?.path ?? .main
            var id = element.map { JSONValue.string($0.id) } ?? .null
            while true {
                let answer = try await self.call("actionTarget", [id, key], in: path, as: TargetAnswer.self)
                if let gone = answer.gone {
                    throw BrowserError(.staleReference, "\(gone). Take a new snapshot and use its references.")
                }
                if let target = answer.target { return target.mapTexts(self.configuration.secrets.mask) }
                guard let frame = answer.frame else {
                    throw BrowserError(.protocolFailure, "The page's script does not tell what the action would do.")
                }
                (path, id) = (path.appending(frame), .null)
            }
        }
    }
}

extension BrowserPage {
    /// Re-enables a control that the page disabled on a click whose requests were stopped, because nothing else would.
    package func enable(_ reference: String) async {
        struct Nothing: Decodable {}
        guard let element = try? ElementReference(reference) else { return }
        // If the page no longer exists, neither does the control.
        _ = try? await self.call("enable", [.string(element.id)], in: element.path, as: Nothing.self)
    }
}

/// An obstacle that stops an agent but not a user.
public enum PageObstacle: String, Sendable, Codable {
    /// The page asks the user to sign in.
    case signIn = "sign_in"
    /// The page asks for a code that was sent to the user, or that the user's device shows.
    case secondFactor = "second_factor"
    /// The page has asked for a passkey, which can't be used in this browser. It was told so.
    case passkey
    /// The page asks for a CAPTCHA.
    case captcha
    /// The server answered with an error.
    case errorPage = "error_page"
}
