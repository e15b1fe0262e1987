public import AgentEvents

/// A task for the automation agent.
public struct AutomationTask: Sendable, Hashable, Codable {
    /// The goal of the task, with all facts that are needed for it.
    public var goal: String
    /// The address to start at.
    public var startURL: String?
    /// The only domains, including their subdomains, whose pages may be opened; no limit if empty.
    public var allowedDomains: [String]
    /// The maximum number of model turns; the configured limit if `nil`.
    public var maxSteps: Int?
    /// The prohibited kinds of action, whatever the model decides. If `nil`, they are parsed from the goal.
    public var forbidden: Set<ActionKind>?
    /// Instructions for tasks of this kind.
    public var playbook: String?
    /// The address of a page to read without a model.
    public var readURL: String?
    /// The language of questions to the user.
    public var language: UserLanguage?
    /// The JSON Schema of the result: objects, lists, texts, numbers, integers, Booleans, and choices, up to four levels
    /// deep. See ``StructuredResult``.
    public var result: JSONValue?
    /// The recipe that the task repeats, as far as it can.
    public var recipe: RecipeCall?

    public init(
        goal: String, startURL: String? = nil, allowedDomains: [String] = [], maxSteps: Int? = nil,
        forbidden: Set<ActionKind>? = nil, playbook: String? = nil, readURL: String? = nil,
        language: UserLanguage? = nil, result: JSONValue? = nil, recipe: RecipeCall? = nil
    ) {
        self.goal = goal
        self.startURL = startURL
        self.allowedDomains = allowedDomains
        self.maxSteps = maxSteps
        self.forbidden = forbidden
        self.playbook = playbook
        self.readURL = readURL
        self.language = language
        self.result = result
        self.recipe = recipe
    }

    private enum CodingKeys: String, CodingKey {
        case goal, forbidden, playbook, language, result, recipe
        case readURL = "read_url"
        case startURL = "start_url"
        case allowedDomains = "allowed_domains"
        case maxSteps = "max_steps"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.goal = try container.decode(String.self, forKey: .goal)
        self.startURL = try container.decodeIfPresent(String.self, forKey: .startURL)
        self.allowedDomains = try container.decodeIfPresent([String].self, forKey: .allowedDomains) ?? []
        self.maxSteps = try container.decodeIfPresent(Int.self, forKey: .maxSteps)
        self.playbook = try container.decodeIfPresent(String.self, forKey: .playbook)
        self.readURL = try container.decodeIfPresent(String.self, forKey: .readURL)
        self.language = try container.decodeIfPresent(UserLanguage.self, forKey: .language)
        self.result = try container.decodeIfPresent(JSONValue.self, forKey: .result)
        self.recipe = try container.decodeIfPresent(RecipeCall.self, forKey: .recipe)
        self.forbidden = try container.decodeIfPresent(Set<ActionKind>.self, forKey: .forbidden)
    }
}
