import AgentEvents

/// What an action on a control would do, as far as its page tells.
public struct ActionTarget: Sendable, Hashable, Codable {
    /// The control's role, such as `button`; empty where nothing has the focus.
    public var role: String
    public var name: String
    /// What is written on it, which a page may let its name hide.
    public var text: String
    public var tag: String
    /// The type of an input or button.
    public var type: String
    /// Whether it is clicked, or gets a key that works it as a click does: Enter or the space bar.
    public var isActivated: Bool
    /// Whether the action submits the form.
    public var isSubmit: Bool
    /// Whether it takes files.
    public var isUpload: Bool
    /// Whether it is a field for a password, or one that holds a secret.
    public var isPassword: Bool
    /// Where a link leads, or `#place` within its own page.
    public var href: String?
    /// The origin of its document, such as `https://example.com`.
    public var origin: String
    /// The address of its document, without the place in it.
    public var url: String
    /// The text that the action is about: of its form, of the dialog or row around it, or of the page. Of a long one the
    /// first 4,000 characters, and a number that stands for the rest.
    public var surroundings: String
    /// What stands for all else that belongs to it: pictures, drawings and labels, the page's headings, the names by which
    /// a form sends its fields; empty for none.
    public var details: String
    /// The form that it belongs to.
    public var form: Form?

    /// A form as it is filled in.
    public struct Form: Sendable, Hashable, Codable {
        /// `get`, `post` or `dialog`.
        public var method: String
        public var action: String
        /// The name of the button that the action submits it by.
        public var submitter: String?
        public var hasPassword: Bool
        /// Whether it asks for a card or an account to pay from.
        public var hasPayment: Bool
        public var isSearch: Bool
        /// Its visible fields, each with its label and what it holds; without passwords and secrets.
        public var fields: [[String]]
        /// What it sends without showing it.
        public var hidden: [[String]]

        public init(
            method: String = "get", action: String = "", submitter: String? = nil, hasPassword: Bool = false,
            hasPayment: Bool = false, isSearch: Bool = false, fields: [[String]] = [],
            hidden: [[String]] = []
        ) {
            self.method = method
            self.action = action
            self.submitter = submitter
            self.hasPassword = hasPassword
            self.hasPayment = hasPayment
            self.isSearch = isSearch
            self.fields = fields
            self.hidden = hidden
        }
    }

    public init(
        role: String, name: String, text: String = "", tag: String = "", type: String = "", isActivated: Bool = true,
        isSubmit: Bool = false, isUpload: Bool = false, isPassword: Bool = false, href: String? = nil,
        origin: String, url: String = "", surroundings: String = "", details: String = "", form: Form? = nil
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

    /// The same with every text of the page changed.
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
    /// The origin of the page itself, such as `https://example.com`.
    public func origin() async throws -> String {
        try await self.asAgent { try await self.call("origin", as: String.self) }
    }

    /// What stands in the way on the page that only a person can pass; `nil` for nothing.
    public func obstacle() async throws -> PageObstacle? {
        struct Found: Decodable { var kind: PageObstacle? }
        return try await self.asAgent { try await self.call("obstacle", as: Found.self).kind }
    }

    private struct TargetAnswer: Decodable {
        var gone: String?
        /// The focus is in this frame.
        var frame: String?
        var target: ActionTarget?
    }

    /// What an action on a control would do.
    /// - Parameters:
    ///   - reference: The control's reference in the newest snapshot; what has the focus when `nil`.
    ///   - key: The key that would be pressed, such as `Enter`; a click when `nil`.
    /// - Throws: ``BrowserError`` with code `staleReference`, or `invalidValue` for what is no reference or key.
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
    /// Undoes that the page has disabled a control at a click whose requests were stopped: nothing else would.
    package func enable(_ reference: String) async {
        struct Nothing: Decodable {}
        guard let element = try? ElementReference(reference) else { return }
        // A page that has gone has no such control any more.
        _ = try? await self.call("enable", [.string(element.id)], in: element.path, as: Nothing.self)
    }
}

/// What stops an agent and not a person.
public enum PageObstacle: String, Sendable, Codable {
    case signIn = "sign_in"
    /// A code that was sent to the person, or that a device of theirs shows.
    case secondFactor = "second_factor"
    case captcha
    /// The server answered with an error.
    case errorPage = "error_page"
}
