public import AgentEvents

/// What a message to the agents has besides its text.
public struct PromptOptions: Sendable, Hashable {
    /// The ids of the session's files that belong to it.
    public var files: [String]
    /// The recipe that the user has chosen for it.
    public var recipe: RecipeCall?
    /// The JSON Schema of the result that its tasks are asked for. See ``StructuredResult``.
    public var result: JSONValue?

    public init(files: [String] = [], recipe: RecipeCall? = nil, result: JSONValue? = nil) {
        self.files = files
        self.recipe = recipe
        self.result = result == .null ? nil : result
    }
}

extension PromptOptions {
    /// Reads what an AG-UI client sends: the files are those of its newest message.
    /// - Throws: ``InvalidOption``.
    package init(forwardedProps props: JSONValue?, files: [String] = []) throws {
        var recipe: RecipeCall?
        if let chosen = props?["recipe"] {
            do {
                recipe = try chosen.decode(RecipeCall.self)
            } catch {
                throw InvalidOption("recipe needs a name, and values that are texts.")
            }
        }
        self.init(files: files, recipe: recipe, result: props?["result"])
    }

    /// - Throws: ``InvalidOption`` if the schema of the result can't be used.
    package func check() throws {
        do {
            if let result { _ = try ResultSchema(result) }
        } catch {
            throw InvalidOption(error.description)
        }
    }

    /// What AG-UI clients send as `forwardedProps`; `nil` if there is nothing to send.
    package var forwardedProps: JSONValue? {
        var props: [String: JSONValue] = [:]
        props["recipe"] = self.recipe.flatMap { try? JSONValue(encoding: $0) }
        props["result"] = self.result
        return props.isEmpty ? nil : .object(props)
    }

    /// An error that says which option of a message can't be used, and why.
    package struct InvalidOption: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }
}
