import FoundationEssentials
package import RuntimeProtocol
import TextCoding

/// A task that was done once, in a form that is repeated without a model: the controls by what people call them, what must
/// be true after a step, and where the answer stands. It holds no value that somebody typed.
///
/// `docs/recipe.schema.json` describes its file.
package struct Recipe: Sendable, Hashable, Codable {
    /// The version of the format that this program writes. It reads version 1, too.
    package static let format = 2

    /// A control, as a person would name it.
    package struct Anchor: Sendable, Hashable, Codable {
        package var role: String
        /// The accessible name; it may contain parameters, such as `{plate}`, and `{}` in the place of a number.
        package var name: String
        /// The heading above.
        package var section: String?
        /// The dialog around it.
        package var dialog: String?
        /// The first cell of its row, or the text above it, where several controls have its name.
        package var row: String?
        /// The number of controls with this role and name that the page showed; 1 if left out. Another number means that
        /// the page isn't the one that was recorded; the first that fits is never simply taken. It doesn't count for
        /// controls in rows, whose number changes.
        package var of: Int?
        /// The place among those, for links that nothing else tells apart, as a picture and a title to the same page.
        package var nth: Int?

        package init(
            role: String, name: String, section: String? = nil, dialog: String? = nil, row: String? = nil,
            of: Int? = nil, nth: Int? = nil
        ) {
            self.role = role
            self.name = name
            self.section = section
            self.dialog = dialog
            self.row = row
            self.of = of
            self.nth = nth
        }

        private enum CodingKeys: String, CodingKey {
            case role, name, dialog, row, of, nth
            case section = "in"
        }
    }

    /// What a step does.
    package enum Act: String, Sendable, Codable, CaseIterable {
        case open, fill, type, click, select, check, press, wait
        /// Types a secret that the person gives, or keeps for the site. `with` is its name.
        case secret
        /// Puts a file of the chat into a field. `with` is its name.
        case upload
        /// The person does it. `with` says what, in their language.
        case person
    }

    /// What is true after a step.
    package struct Guard: Sendable, Hashable, Codable {
        /// The path of the page's address.
        package var path: String?
        /// The first heading of the page.
        package var heading: String?

        package init(path: String? = nil, heading: String? = nil) {
            self.path = path
            self.heading = heading
        }

        var isEmpty: Bool { self.path == nil && self.heading == nil }
    }

    package struct Step: Sendable, Hashable, Codable {
        package var act: Act
        package var at: Anchor?
        /// The address, text, option, key, name, or text to wait for; with parameters in braces.
        package var with: String?
        /// For `check`: whether the box gets checked.
        package var checked: Bool?
        /// Whether the person was asked about it when it was recorded. It must fit exactly, and is asked about again.
        package var asked: Bool?
        package var then: Guard?

        private enum CodingKeys: String, CodingKey {
            case act = "do"
            case at, with, checked, asked, then
            case path = "then_path"
        }

        package init(
            _ act: Act, at: Anchor? = nil, with: String? = nil, checked: Bool? = nil, asked: Bool? = nil,
            then: Guard? = nil
        ) {
            self.act = act
            self.at = at
            self.with = with
            self.checked = checked
            self.asked = asked
            self.then = then
        }

        /// Whether the step enters something.
        var isEntry: Bool { [.fill, .type, .select, .check, .secret, .upload].contains(self.act) }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.act = try container.decode(Act.self, forKey: .act)
            self.at = try container.decodeIfPresent(Anchor.self, forKey: .at)
            self.with = try container.decodeIfPresent(String.self, forKey: .with)
            self.checked = try container.decodeIfPresent(Bool.self, forKey: .checked)
            self.asked = try container.decodeIfPresent(Bool.self, forKey: .asked)
            self.then =
                try container.decodeIfPresent(Guard.self, forKey: .then)
                ?? container.decodeIfPresent(String.self, forKey: .path).map { Guard(path: $0) }
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self.act, forKey: .act)
            try container.encodeIfPresent(self.at, forKey: .at)
            try container.encodeIfPresent(self.with, forKey: .with)
            try container.encodeIfPresent(self.checked, forKey: .checked)
            try container.encodeIfPresent(self.asked, forKey: .asked)
            try container.encodeIfPresent(self.then, forKey: .then)
        }
    }

    /// How the proof of a task is read: on a page that is loaded afresh.
    package struct Proof: Sendable, Hashable, Codable {
        /// The page to load.
        package var open: String
        /// A text that stands on it only if the task was done; with parameters in braces.
        package var text: String

        package init(open: String, text: String) {
            self.open = open
            self.text = text
        }
    }

    package var recipe = Recipe.format
    package var name: String
    /// What people say when they want it, with parameters in the place of values.
    package var when: [String]
    /// Groups of words: a sentence that asks for this has one of each. Without them, the words of `when` count.
    package var words: [[String]]?
    /// Words that such a sentence doesn't have.
    package var unless: [String]?
    /// Words that such a sentence may have beside them.
    package var also: [String]?
    /// Sentences that ask for this, as people write them.
    package var examples: [String]?
    /// Sentences that look as if they asked for this, and don't.
    package var counterexamples: [String]?
    /// The hosts that may be opened; no others are.
    package var sites: [String]
    package var parameters: [RecipeParameter]
    package var steps: [Step]
    package var proof: Proof?
    /// What to say, by language (`en`, `ms`), with labels of the last page in double braces, such as `{{Amount due}}`.
    package var say: [String: String]
    /// What the values beside these labels look like, such as `RM 99.99`: with nines for digits. A value that is written
    /// in another way isn't taken, because it may mean something else.
    package var shapes: [String: String]?

    package init(
        name: String, when: [String], words: [[String]]? = nil, sites: [String], parameters: [RecipeParameter] = [],
        steps: [Step], proof: Proof? = nil, say: [String: String], shapes: [String: String]? = nil
    ) {
        self.name = name
        self.when = when
        self.words = words
        self.sites = sites
        self.parameters = parameters
        self.steps = steps
        self.proof = proof
        self.say = say
        self.shapes = shapes
    }

    private enum CodingKeys: String, CodingKey {
        case recipe, name, when, words, unless, also, examples, counterexamples, sites, parameters, steps, proof, say,
            shapes
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(Int.self, forKey: .recipe)
        self.name = try container.decode(String.self, forKey: .name)
        self.sites = try container.decode([String].self, forKey: .sites)
        self.steps = try container.decode([Step].self, forKey: .steps)
        if version == 1 {
            // One sentence, parameters without types, and an answer in one language.
            self.when = [try container.decode(String.self, forKey: .when)]
            self.parameters = try container.decode([String].self, forKey: .parameters).map { RecipeParameter(name: $0) }
            self.say = ["en": try container.decode(String.self, forKey: .say)]
            return
        }
        self.when = try container.decode([String].self, forKey: .when)
        self.words = try container.decodeIfPresent([[String]].self, forKey: .words)
        self.unless = try container.decodeIfPresent([String].self, forKey: .unless)
        self.also = try container.decodeIfPresent([String].self, forKey: .also)
        self.examples = try container.decodeIfPresent([String].self, forKey: .examples)
        self.counterexamples = try container.decodeIfPresent([String].self, forKey: .counterexamples)
        self.parameters = try container.decodeIfPresent([RecipeParameter].self, forKey: .parameters) ?? []
        self.proof = try container.decodeIfPresent(Proof.self, forKey: .proof)
        self.say = try container.decode([String: String].self, forKey: .say)
        self.shapes = try container.decodeIfPresent([String: String].self, forKey: .shapes)
    }

    // MARK: Texts

    /// The recipe as people read and edit it.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers always encode.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }

    /// A text with the values of its parameters, each once: a value isn't read as a text with parameters.
    func filled(_ text: String, _ values: [String: String]) -> String {
        text.replacing(/\{([A-Za-z0-9_\-]+)\}/) { match in
            let name = String(match.output.1)
            return self.parameters.contains { $0.name == name } ? values[name] ?? "" : String(match.output.0)
        }
    }

    /// The recipe as it's listed, before it has run.
    package func summary(_ state: RecipeSummary.State) -> RecipeSummary {
        var summary = RecipeSummary(
            name: self.name, when: self.when, words: self.words ?? [], unless: self.unless ?? [],
            also: self.also ?? [], sites: self.sites,
            parameters: self.parameters, steps: self.steps.count,
            acts: self.steps.contains { $0.asked == true }, state: state)
        summary.examples = self.examples ?? []
        summary.counterexamples = self.counterexamples ?? []
        return summary
    }

    /// The host of an address, such as `www.example.com`.
    package static func host(of address: String) -> String? { URL(string: address)?.host()?.lowercased() }
}
