public import AgentEvents

/// A recipe to repeat, with the values of its parameters.
public struct RecipeCall: Sendable, Hashable, Codable, Redacted {
    public var name: String
    public var values: [String: String]
    /// The recipe as it was when the task began, so that a change doesn't concern a task that waits. Whatever a request
    /// says is replaced.
    package var pinned: JSONValue?

    public init(name: String, values: [String: String] = [:]) {
        self.name = name
        self.values = values
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.name = try container.decode(String.self, forKey: .name)
        self.values = try container.decodeIfPresent([String: String].self, forKey: .values) ?? [:]
        self.pinned = try container.decodeIfPresent(JSONValue.self, forKey: .pinned)
    }
}

/// Something in a recipe that changes each time.
public struct RecipeParameter: Sendable, Hashable, Codable {
    /// What a value looks like.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case text
        /// The number plate of a vehicle.
        case plate
        case digits
        /// An amount, with or without a currency.
        case money
        case date, email, phone
        /// One of `options`.
        case choice
        /// The name of a file of the chat.
        case file
    }

    /// Letters, digits, and `_`.
    public var name: String
    public var type: Kind
    /// How to ask the user for it.
    public var ask: String?
    public var options: [String]?

    public init(name: String, type: Kind = .text, ask: String? = nil, options: [String]? = nil) {
        self.name = name
        self.type = type
        self.ask = ask
        self.options = options
    }
}

/// A recipe as it is listed: what it is for, what it needs, and how it went.
public struct RecipeSummary: Sendable, Hashable, Codable {
    /// How far a recipe is trusted.
    public enum State: String, Sendable, Codable {
        /// It was recorded, and never repeated.
        case draft
        /// It was repeated, and did what it should.
        case tried
        /// It was repeated often enough, with different values, to be used without asking.
        case trusted
        /// It stopped twice in a row at the same step.
        case suspended
        /// It came with the installation, where it was reviewed.
        case shared
    }

    public var name: String
    /// What users say when they want it, with parameters in braces.
    public var when: [String]
    /// Groups of words. A sentence that asks for this has one word of each group.
    public var words: [[String]]
    /// Words that such a sentence does not have.
    public var unless: [String]
    /// Words that such a sentence may have beside them.
    public var also: [String]
    /// Sentences that ask for this, as people write them, and sentences that only look like it. They stay in the process.
    package var examples: [String] = []
    package var counterexamples: [String] = []
    /// The hosts that it opens.
    public var sites: [String]
    public var parameters: [RecipeParameter]
    public var steps: Int
    /// Whether the user is asked about one of its steps, because it can't be undone.
    public var acts: Bool
    public var state: State
    /// When it last ran.
    public var lastRunAt: Interrupt.Expiry?
    /// Whether the last run did all steps on its own; `nil` if there was none.
    public var lastRunWentWell: Bool?
    /// How long it takes, in seconds; the median of the last runs.
    public var seconds: Double?
    /// What the agent did in place of a step, and may take its place from now on.
    public var suggestion: String?
    /// The page on which the step went as the recipe says, and the page on which the agent took its place.
    public var pictures: Pictures?

    /// What a person compares before a suggestion takes its step's place.
    public struct Pictures: Sendable, Hashable, Codable {
        public var before: StepPicture?
        public var after: StepPicture?

        public init(before: StepPicture? = nil, after: StepPicture? = nil) {
            self.before = before
            self.after = after
        }
    }

    /// The picture that was taken after a step. It is kept as long as the step's chat.
    public struct StepPicture: Sendable, Hashable, Codable {
        public var session: SessionID
        public var toolCallID: String

        public init(session: SessionID, toolCallID: String) {
            self.session = session
            self.toolCallID = toolCallID
        }

        private enum CodingKeys: String, CodingKey {
            case session = "session_id"
            case toolCallID = "tool_call_id"
        }
    }

    public init(
        name: String, when: [String], words: [[String]], unless: [String] = [], also: [String] = [], sites: [String],
        parameters: [RecipeParameter], steps: Int, acts: Bool = false, state: State
    ) {
        self.name = name
        self.when = when
        self.words = words
        self.unless = unless
        self.also = also
        self.sites = sites
        self.parameters = parameters
        self.steps = steps
        self.acts = acts
        self.state = state
    }

    /// What somebody says who wants this with these values.
    package func sentence(_ values: [String: String]) -> String {
        let whole = self.when.first { line in self.parameters.allSatisfy { line.contains("{\($0.name)}") } }
        let list = self.parameters.map { "\($0.name) = \(values[$0.name] ?? "")" }.joined(separator: ", ")
        return whole.map { Self.filled($0, values) }
            ?? [Self.filled(self.when.first ?? self.name, values), list].joined(separator: " ")
    }

    /// A text with the values that are known, in one pass: a value isn't read as a text with parameters.
    package static func filled(_ text: String, _ values: [String: String]) -> String {
        text.replacing(/\{([A-Za-z0-9_\-]+)\}/) { values[String($0.output.1)] ?? String($0.output.0) }
    }

    /// The same, with the sites, for an agent that goes on where the recipe can't.
    package func goal(_ values: [String: String]) -> String {
        "\(self.sentence(values)) (at \(self.sites.joined(separator: ", ")))"
    }

    private enum CodingKeys: String, CodingKey {
        case name, when, words, unless, also, sites, parameters, steps, acts, state, seconds, suggestion, pictures
        case lastRunAt = "last_run_at"
        case lastRunWentWell = "last_run_went_well"
    }
}

/// A request about the user's recipes.
public enum RecipeRequest: Sendable, Hashable, Redacted {
    case list
    /// Return the whole recipe.
    case get(String)
    /// Make a recipe of what the agent did last in the request's session. The values are what changes each time, by name,
    /// as they were this time.
    case record(name: String, values: [String: String])
    /// Keep this recipe, in place of one of its name. It is a text, so that what is wrong in it has a line.
    case put(String)
    case remove(String)
    /// Take the suggestion into the recipe.
    case promote(String)
    /// Go back to the recipe before its last change.
    case rollBack(String)
}

extension RecipeRequest: Codable {
    private enum Action: String, Codable {
        case list, get, record, put, remove, promote
        case rollBack = "roll_back"
    }

    private enum CodingKeys: String, CodingKey { case action, name, values, recipe }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let action = try container.decode(Action.self, forKey: .action)
        if action == .list {
            self = .list
            return
        }
        if action == .put {
            self = .put(try container.decode(String.self, forKey: .recipe))
            return
        }
        let name = try container.decode(String.self, forKey: .name)
        self =
            switch action {
            case .list: .list
            case .get, .put: .get(name)
            case .record:
                .record(
                    name: name, values: try container.decodeIfPresent([String: String].self, forKey: .values) ?? [:])
            case .remove: .remove(name)
            case .promote: .promote(name)
            case .rollBack: .rollBack(name)
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode(_ action: Action, _ name: String? = nil) throws {
            try container.encode(action, forKey: .action)
            try container.encodeIfPresent(name, forKey: .name)
        }
        switch self {
        case .list: try encode(.list)
        case .get(let name): try encode(.get, name)
        case .record(let name, let values):
            try encode(.record, name)
            try container.encode(values, forKey: .values)
        case .put(let recipe):
            try encode(.put)
            try container.encode(recipe, forKey: .recipe)
        case .remove(let name): try encode(.remove, name)
        case .promote(let name): try encode(.promote, name)
        case .rollBack(let name): try encode(.rollBack, name)
        }
    }
}

/// The response to a ``RecipeRequest``: all recipes afterwards, and the one that it is about.
public struct RecipeResult: Sendable, Hashable, Codable {
    public var status: RunStatus
    public var recipes: [RecipeSummary]
    /// The recipe that was asked for, recorded, or changed: the text of its file.
    public var recipe: String?
    /// The machine-readable reason for a failure.
    public var code: String?
    public var message: String?

    public init(
        status: RunStatus = .completed, recipes: [RecipeSummary] = [], recipe: String? = nil, code: String? = nil,
        message: String? = nil
    ) {
        self.status = status
        self.recipes = recipes
        self.recipe = recipe
        self.code = code
        self.message = message
    }
}
