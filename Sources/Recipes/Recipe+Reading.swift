import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import TextCoding

extension Recipe {
    /// The maximum size of a recipe's file, in bytes.
    package static let mostBytes = 32 << 10
    private static let mostSteps = 200
    private static let longestName = 60

    /// Reads a recipe, and checks it: what it opens, and that it holds no values.
    /// - Parameter file: What it's called in errors.
    /// - Throws: ``RecipeError`` that names the file, the line, and what to do.
    package init(text: String, file: String) throws {
        guard text.utf8.count <= Self.mostBytes else {
            throw RecipeError(.invalid, "\(file): it is larger than \(Self.mostBytes >> 10) KB.")
        }
        let places = JSONPlaces(text)
        if let problem = places.problem {
            throw RecipeError(.invalid, "\(file):\(problem.line): this is no JSON: \(problem.message).")
        }
        let checks = RecipeChecks(file: file, places: places)
        do {
            struct Version: Decodable { var recipe: Int }
            let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).recipe
            guard (1...Self.format).contains(version) else {
                throw RecipeError(
                    .newer,
                    "\(file):\(places.line(of: ["recipe"])): it has format \(version), and this program reads up to "
                        + "\(Self.format). Use a newer program.")
            }
            try checks.keys(version: version)
            self = try JSONDecoder().decode(Recipe.self, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw checks.error(error)
        }
        try checks.check(self)
    }

    /// The parameters that a text names.
    static func names(in text: String) -> [String] {
        text.replacing("{{", with: "").split(separator: "{", omittingEmptySubsequences: false).dropFirst()
            .compactMap { part in part.firstIndex(of: "}").map { String(part[..<$0]) } }
            // `{}` stands for a number.
            .filter { !$0.isEmpty }
    }

    /// A text without the parameters that it names.
    static func withoutParameters(_ text: String) -> String {
        Self.names(in: text).reduce(text) { $0.replacing("{\($1)}", with: "") }
    }

    /// The keys that do the same whatever has the focus.
    static let keysOfPages: Set = ["Escape", "PageDown", "PageUp", "Home", "End"]

    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.count <= Self.longestName && PlainName.of(name) == name
    }

    /// What a recipe that was written or edited by hand may get wrong.
    fileprivate struct RecipeChecks {
        let file: String
        let places: JSONPlaces

        func refuse(_ path: [String], _ why: String) -> RecipeError {
            RecipeError(.invalid, "\(self.file):\(self.places.line(of: path)): \(why)")
        }

        func error(_ error: DecodingError) -> RecipeError {
            func path(_ context: DecodingError.Context) -> [String] {
                context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            }
            return switch error {
            case .keyNotFound(let key, let context): self.refuse(path(context), "\"\(key.stringValue)\" is missing.")
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                self.refuse(
                    path(context),
                    "\"\(path(context).last { Int($0) == nil } ?? "it")\" doesn't fit; docs/recipes.md says what can stand "
                        + "there.")
            @unknown default: self.refuse([], "it doesn't fit.")
            }
        }

        /// A key that nobody reads is a mistake: what it should say doesn't hold.
        func keys(version: Int) throws {
            let known: [String: Set<String>] = [
                "": [
                    "recipe", "name", "when", "words", "unless", "also", "examples", "counterexamples", "sites",
                    "parameters", "steps", "proof", "say", "shapes",
                ],
                "steps.*": ["do", "at", "with", "checked", "asked", "then", "then_path"],
                "steps.*.at": ["role", "name", "in", "dialog", "row", "of", "nth"],
                "steps.*.then": ["path", "heading"],
                "parameters.*": ["name", "type", "ask", "options"], "proof": ["open", "text"],
            ]
            for path in self.places.paths {
                let parts = path.split(separator: ".").map(String.init)
                guard let key = parts.last, Int(key) == nil else { continue }
                let parent = parts.dropLast().map { Int($0) == nil ? $0 : "*" }.joined(separator: ".")
                guard let keys = known[parent], !keys.contains(key) else { continue }
                throw self.refuse(
                    parts, "\"\(key)\" is unknown here; known are: \(keys.sorted().joined(separator: ", ")).")
            }
        }

        func check(_ recipe: Recipe) throws {
            guard isPlain(recipe.name) else {
                throw self.refuse(
                    ["name"],
                    "a name has up to \(longestName) letters, digits, - and _; '\(recipe.name.prefix(80))' has something "
                        + "else.")
            }
            guard !recipe.when.isEmpty, recipe.when.allSatisfy({ !$0.trimmed.isEmpty }) else {
                throw self.refuse(["when"], "\"when\" needs at least one sentence.")
            }
            guard !recipe.sites.isEmpty, recipe.sites.allSatisfy(self.isHost) else {
                throw self.refuse(["sites"], "\"sites\" are hosts, such as www.example.com.")
            }
            try self.checkParameters(recipe)
            guard (1...mostSteps).contains(recipe.steps.count) else {
                throw self.refuse(["steps"], "a recipe has 1 to \(mostSteps) steps.")
            }
            guard recipe.steps.first?.act == .open else {
                throw self.refuse(["steps", "0"], "the first step is open.")
            }
            for (index, step) in recipe.steps.enumerated() {
                try self.check(step, at: ["steps", "\(index)"], of: recipe)
            }
            for (index, parameter) in recipe.parameters.enumerated() {
                let path = ["parameters", "\(index)"]
                guard recipe.steps.contains(where: { $0.names(parameter.name) }) else {
                    throw self.refuse(
                        path, "no step uses {\(parameter.name)}: the answer would be the same whatever its value is.")
                }
            }
            guard !recipe.say.isEmpty else { throw self.refuse(["say"], "\"say\" needs a text in one language.") }
            for (language, text) in recipe.say { try self.checkNames([text], ["say", language], recipe) }
            try self.checkNames(recipe.when, ["when"], recipe)
            if let proof = recipe.proof {
                try self.checkNames([proof.text, proof.open], ["proof"], recipe)
                try self.checkAddress(proof.open, ["proof", "open"], recipe)
                guard !proof.text.trimmed.isEmpty else { throw self.refuse(["proof", "text"], "\"text\" is empty.") }
            }
        }

        private func isHost(_ text: String) -> Bool {
            // A name without a full stop would be a whole domain, such as com.
            (text.contains(".") || text == "localhost") && text == text.lowercased()
                && Recipe.host(of: "http://\(text)/") == text
        }

        private func checkParameters(_ recipe: Recipe) throws {
            var known: Set<String> = []
            for (index, parameter) in recipe.parameters.enumerated() {
                let path = ["parameters", "\(index)"]
                guard isPlain(parameter.name) else {
                    throw self.refuse(path, "a parameter's name has letters, digits, - and _.")
                }
                guard known.insert(parameter.name).inserted else {
                    throw self.refuse(path, "the parameter '\(parameter.name)' is here twice.")
                }
                guard parameter.type != .choice || !(parameter.options ?? []).isEmpty else {
                    throw self.refuse(path, "a choice needs options.")
                }
            }
        }

        private func check(_ step: Step, at path: [String], of recipe: Recipe) throws {
            switch step.act {
            case .fill, .type, .click, .select, .check, .secret, .upload:
                guard step.at != nil else { throw self.refuse(path, "\"at\" is missing: which control?") }
            case .open, .wait, .press, .person: break
            }
            guard [.click, .check].contains(step.act) || !(step.with ?? "").isEmpty else {
                throw self.refuse(path, "\"with\" is missing.")
            }
            if let nth = step.at?.nth,
                !(1...max(step.at?.of ?? 1, 1)).contains(nth) || step.at?.role != "link" || step.asked == true
            {
                throw self.refuse(
                    path + ["at", "nth"], "\"nth\" is a place among \"of\" links, and nothing that is asked about.")
            }
            if let of = step.at?.of, of < 1 { throw self.refuse(path + ["at", "of"], "\"of\" is at least 1.") }
            let texts = [
                step.with, step.at?.name, step.at?.section, step.at?.dialog, step.at?.row, step.then?.path,
                step.then?.heading,
            ]
            try self.checkNames(texts.compactMap { $0 }, path, recipe)
            switch step.act {
            case .open: try self.checkAddress(step.with ?? "", path + ["with"], recipe)
            case .fill, .type:
                // Whatever is typed differs from person to person, and is nobody else's business.
                let around = withoutParameters(step.with ?? "")
                guard !names(in: step.with ?? "").isEmpty, !around.contains(where: { $0.isLetter || $0.isNumber })
                else {
                    throw self.refuse(
                        path + ["with"], "what is typed is a parameter, such as {name}; a recipe holds no values.")
                }
            case .secret:
                guard isPlain(step.with ?? "") else {
                    throw self.refuse(path + ["with"], "a secret has a name, such as card-number, and no value here.")
                }
            case .press where step.at == nil && !keysOfPages.contains(step.with ?? ""):
                throw self.refuse(
                    path, "\"at\" is missing: a key goes to a control, or is one of a page's, such as Escape.")
            case .click, .select, .check, .press, .wait, .upload, .person: break
            }
        }

        private func checkAddress(_ address: String, _ path: [String], _ recipe: Recipe) throws {
            let isWeb = address.hasPrefix("https://") || address.hasPrefix("http://")
            let host = Recipe.host(of: address.replacing("{", with: "%7B").replacing("}", with: "%7D"))
            guard isWeb, let host, !host.contains("{"), !host.contains("%7b"), recipe.sites.contains(host) else {
                throw self.refuse(path, "it opens a site that isn't among \"sites\".")
            }
        }

        private func checkNames(_ texts: [String], _ path: [String], _ recipe: Recipe) throws {
            let known = Set(recipe.parameters.map(\.name))
            guard let unknown = texts.flatMap(names).first(where: { !known.contains($0) }) else { return }
            throw self.refuse(path, "{\(unknown)} isn't among the parameters.")
        }
    }
}

extension Recipe.Step {
    /// Whether a parameter decides what the step does.
    fileprivate func names(_ parameter: String) -> Bool {
        [self.with, self.at?.name, self.at?.section, self.at?.row].compactMap { $0 }
            .contains { $0.contains("{\(parameter)}") }
    }
}
