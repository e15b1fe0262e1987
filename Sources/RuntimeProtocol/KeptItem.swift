public import AgentEvents

/// Something that is kept for the user between tasks, without its secret content.
public struct KeptItem: Sendable, Hashable, Codable {
    /// The kinds of things that are kept.
    public enum Kind: String, Sendable, Codable {
        /// The user stays signed in to a site.
        case signIn = "sign_in"
        /// A value to type, such as a password.
        case secret
        /// What one-time codes are made from.
        case oneTimeCode = "one_time_code"
        /// A task that is repeated without a model. It isn't listed with the others.
        case recipe
    }

    /// The same for the same user, kind, site, and name.
    public var id: String
    public var kind: Kind
    /// For a sign-in, the site with all its subdomains, such as `example.com`; otherwise the origin of the only pages that
    /// get the value, such as `https://www.example.com`.
    public var site: String
    /// `true` if a sign-in is for the host `site` alone, because it has no registrable domain.
    public var isHost: Bool?
    /// The name of a secret.
    public var name: String?
    /// Changes when the item is kept again.
    public var generation: String
    public var keptAt: Interrupt.Expiry
    public var lastUsedAt: Interrupt.Expiry?
    /// When it will be forgotten.
    public var expiresAt: Interrupt.Expiry?

    public init(
        id: String, kind: Kind, site: String, name: String? = nil, generation: String, keptAt: Interrupt.Expiry,
        lastUsedAt: Interrupt.Expiry? = nil, expiresAt: Interrupt.Expiry? = nil
    ) {
        self.id = id
        self.kind = kind
        self.site = site
        self.name = name
        self.generation = generation
        self.keptAt = keptAt
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, site, name, generation
        case isHost = "is_host"
        case keptAt = "kept_at"
        case lastUsedAt = "last_used_at"
        case expiresAt = "expires_at"
    }
}

/// A fact that the agents remember about a user.
public struct RememberedFact: Sendable, Hashable, Codable {
    public var id: String
    public var text: String

    public init(id: String, text: String) {
        self.id = id
        self.text = text
    }
}

/// A request about what is kept for the user, whatever the session.
public enum KeepingRequest: Sendable, Hashable, Redacted {
    case list
    /// Keep a value for the pages of an origin. An earlier one of the same name is replaced.
    case keep(NewSecret)
    case forget(id: String)
    /// Forget something that the agents remember about the user.
    case forgetFact(id: String)
    /// Forget all items and all facts.
    case forgetAll
}

/// A secret to keep.
public struct NewSecret: Sendable, Hashable, Codable, Redacted {
    /// The kind: `secret` or `one_time_code`.
    public var kind: KeptItem.Kind
    public var name: String
    /// An address of the site; only its origin counts.
    public var site: String
    /// The value to type; for one-time codes an `otpauth:` address, or the key in Base32 that sites show beside their QR
    /// code.
    public var value: String

    public init(kind: KeptItem.Kind = .secret, name: String, site: String, value: String) {
        self.kind = kind
        self.name = name
        self.site = site
        self.value = value
    }
}

extension KeepingRequest: Codable {
    private enum Action: String, Codable {
        case list, keep, forget
        case forgetFact = "forget_fact"
        case forgetAll = "forget_all"
    }

    private enum CodingKeys: String, CodingKey { case action, secret, id }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self =
            switch try container.decode(Action.self, forKey: .action) {
            case .list: .list
            case .keep: .keep(try container.decode(NewSecret.self, forKey: .secret))
            case .forget: .forget(id: try container.decode(String.self, forKey: .id))
            case .forgetFact: .forgetFact(id: try container.decode(String.self, forKey: .id))
            case .forgetAll: .forgetAll
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .list: try container.encode(Action.list, forKey: .action)
        case .keep(let secret):
            try container.encode(Action.keep, forKey: .action)
            try container.encode(secret, forKey: .secret)
        case .forget(let id):
            try container.encode(Action.forget, forKey: .action)
            try container.encode(id, forKey: .id)
        case .forgetFact(let id):
            try container.encode(Action.forgetFact, forKey: .action)
            try container.encode(id, forKey: .id)
        case .forgetAll: try container.encode(Action.forgetAll, forKey: .action)
        }
    }
}

/// The response to a ``KeepingRequest``: everything that is kept afterwards.
public struct KeepingResult: Sendable, Hashable, Codable {
    public var status: RunStatus
    public var items: [KeptItem]
    /// What the agents remember about the user; `nil` if they have no memory, or it can't be read now.
    public var facts: [RememberedFact]?
    /// The machine-readable reason for a failure.
    public var code: String?
    public var message: String?

    public init(
        status: RunStatus = .completed, items: [KeptItem] = [], facts: [RememberedFact]? = nil, code: String? = nil,
        message: String? = nil
    ) {
        self.status = status
        self.items = items
        self.facts = facts
        self.code = code
        self.message = message
    }
}
