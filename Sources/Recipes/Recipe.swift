package import FoundationEssentials

/// A task that was done once, in a form that is repeated without a model: the controls by what people call them, what must
/// be true after a step, and where the answer stands. It holds no value that somebody typed.
package struct Recipe: Sendable, Hashable, Codable {
    /// The version of the format that this program reads and writes.
    package static let format = 1

    /// A control, as a person would name it.
    package struct Anchor: Sendable, Hashable, Codable {
        package var role: String
        /// The accessible name; it may contain parameters, such as `{plate}`.
        package var name: String
        /// The number of controls with this role and name that the page showed. Another number means that the page isn't
        /// the one that was recorded; the first that fits is never simply taken.
        package var of: Int

        package init(role: String, name: String, of: Int = 1) {
            self.role = role
            self.name = name
            self.of = of
        }
    }

    /// What a step does.
    package enum Act: String, Sendable, Codable { case open, fill, type, click, select, check, press, wait }

    package struct Step: Sendable, Hashable, Codable {
        package var act: Act
        package var at: Anchor?
        /// The address, text, option, key, or text to wait for; with parameters in braces.
        package var with: String?
        /// For `check`: whether the box gets checked.
        package var checked: Bool?
        /// The path that the page's address has afterwards, if the step changed it.
        package var path: String?

        private enum CodingKeys: String, CodingKey {
            case act = "do"
            case at, with, checked
            case path = "then_path"
        }

        package init(_ act: Act, at: Anchor? = nil, with: String? = nil, checked: Bool? = nil, path: String? = nil) {
            self.act = act
            self.at = at
            self.with = with
            self.checked = checked
            self.path = path
        }
    }

    package var recipe = Recipe.format
    package var name: String
    /// What the person asked for when it was recorded, with parameters in the place of values.
    package var when: String
    /// The hosts that may be opened; no others are.
    package var sites: [String]
    package var parameters: [String]
    package var steps: [Step]
    /// What to say, with labels of the last page in double braces, such as `{{Amount due}}`.
    package var say: String

    package init(
        name: String, when: String, sites: [String], parameters: [String], steps: [Step], say: String
    ) {
        self.name = name
        self.when = when
        self.sites = sites
        self.parameters = parameters
        self.steps = steps
        self.say = say
    }

    /// Reads a recipe.
    /// - Throws: ``RecipeError``.
    package init(json: Data, file: String) throws {
        struct Version: Decodable { var recipe: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: json).recipe
            guard version == Self.format else {
                throw RecipeError(
                    "\(file) has format \(version), and this program reads \(Self.format). Use a program of its version."
                )
            }
            self = try JSONDecoder().decode(Recipe.self, from: json)
        } catch let error as DecodingError {
            throw RecipeError("\(file) is no recipe: \(Self.words(error)). Save it again, or mend it by hand.")
        }
        try self.check(file)
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\((context.codingPath + [key]).map(\.stringValue).joined(separator: ".")) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is no valid JSON" : "\(context.codingPath.map(\.stringValue).joined(separator: ".")) does not fit"
        @unknown default: "it does not fit"
        }
    }

    /// Checks what a recipe that was edited by hand may get wrong.
    private func check(_ file: String) throws {
        func refuse(_ why: String) -> RecipeError { RecipeError("\(file): \(why)") }
        guard !self.steps.isEmpty, self.steps.count <= 200 else { throw refuse("it has 1 to 200 steps.") }
        for (index, step) in self.steps.enumerated() {
            let needsControl = [.fill, .type, .click, .select, .check].contains(step.act)
            guard !needsControl || step.at != nil else { throw refuse("step \(index + 1) names no control (at).") }
            guard [.click, .check].contains(step.act) || step.with != nil else {
                throw refuse("step \(index + 1) lacks with.")
            }
            guard step.at.map({ $0.of >= 1 }) ?? true else { throw refuse("step \(index + 1): of is at least 1.") }
            let texts = [step.with, step.at?.name].compactMap { $0 }
            if let unknown = texts.flatMap(Self.names).first(where: { !self.parameters.contains($0) }) {
                throw refuse("step \(index + 1) uses {\(unknown)}, which isn't among the parameters.")
            }
            if step.act == .open, let with = step.with, !self.sites.contains(Self.host(of: with) ?? "") {
                throw refuse("step \(index + 1) opens a site that isn't among the sites.")
            }
        }
    }

    package static func host(of address: String) -> String? { URL(string: address)?.host()?.lowercased() }

    /// The parameters in a text.
    static func names(in text: String) -> [String] {
        text.replacing("{{", with: "").split(separator: "{", omittingEmptySubsequences: false).dropFirst()
            .compactMap { part in part.firstIndex(of: "}").map { String(part[..<$0]) } }
    }

    /// A text with the values of its parameters.
    func filled(_ text: String, _ values: [String: String]) -> String {
        self.parameters.reduce(text) { $0.replacing("{\($1)}", with: values[$1] ?? "") }
    }
}

/// An error in a recipe, or in what it's given.
package struct RecipeError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
