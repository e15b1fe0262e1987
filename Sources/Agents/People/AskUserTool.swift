import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials

/// Creates the tools that ask the user a question.
struct AskUserTool: Sendable {
    static let name = "ask_person"

    /// How long a question waits for its answer.
    let questionTimeout: Duration

    private struct PlainQuestion: ToolInput {
        var question: String
        var choices: [String]?
        var fields: [String]?
        static let descriptions = [
            "question": "Short, in the person's language.",
            "choices": "The possible answers.",
            "fields": "Names of several things asked at once.",
        ]
    }

    struct Question: ToolInput {
        var question: String
        var choices: [String]?
        var fields: [String]?
        var secrets: [String]?
        static let descriptions = PlainQuestion.descriptions.merging([
            "secrets": "Names of things that only the site may see, such as a password; for fill_secret."
        ]) { $1 }
    }

    private static let description = "Asks the person for all that only they know or decide."

    /// The tool for an agent without a browser, which cannot use secrets.
    var withoutSecrets: Tool {
        Tool(Self.name, Self.description, risk: .read) { (input: PlainQuestion, context) in
            let question = Question(question: input.question, choices: input.choices, fields: input.fields)
            return try self.answer(to: question, context, origin: nil, secrets: nil)
        }
    }

    /// Returns the tool for an agent with a page. Secrets are stored for the page's origin only.
    func withSecrets(
        _ secrets: SecretStore, kept: KeptSecrets, origin: @escaping @Sendable () async throws -> String
    ) -> Tool {
        Tool(Self.name, Self.description, risk: .read) { (input: Question, context) in
            let here = input.secrets?.isEmpty ?? true ? nil : try await origin()
            var answer = try self.answer(
                to: input, context, origin: here, secrets: secrets, canKeep: kept.canKeep)
            guard let given = context.answers.first, given.answer.status == .resolved,
                given.answer.payload?[Self.keep] == true, let asked = given.interrupt.metadata?["origin"]?.string
            else { return answer }
            if let note = await kept.keep(given.answer.payload, named: input.secrets ?? [], at: asked) {
                answer.text += "\n\(note)"
            }
            return answer
        }
    }

    /// The member of an answer that says whether its secrets are kept for the next tasks.
    static let keep = "keep_secrets"

    private func answer(
        to input: Question, _ context: ToolContext, origin: String?, secrets: SecretStore?, canKeep: Bool = false
    ) throws -> ToolOutput {
        guard let given = context.answers.first else {
            throw UserInputRequired(
                Interrupt(
                    reason: .inputRequired, message: input.question,
                    responseSchema: Self.schema(input, canKeep: canKeep),
                    expiresAt: Date() + TimeInterval(self.questionTimeout.components.seconds),
                    metadata: origin.map { ["origin": .string($0)] }))
        }
        guard given.answer.status == .resolved, case .object(let members) = given.answer.payload ?? [:] else {
            return ToolOutput(text: "The person declined to answer.\(given.answer.remark)")
        }
        var lines: [String] = []
        var answer: String?
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where !canKeep || name != Self.keep {
            if input.secrets?.contains(name) ?? false, let text = value.string, let secrets,
                let asked = given.interrupt.metadata?["origin"]?.string
            {
                secrets.set(text, for: SecretRef(name: name, origins: [asked]))
                lines.append("\(name): given; put it in with fill_secret, under this name, on \(asked)")
            } else {
                let isAnswer = name == "answer" || name == Interrupt.other
                if isAnswer { answer = value.string }
                lines.append("\(isAnswer ? "The person answers" : name): \(value.string ?? value.json)")
            }
        }
        return ToolOutput(
            text: lines.isEmpty ? "The person has said nothing." : lines.joined(separator: "\n"), value: answer)
    }

    private static func schema(_ input: Question, canKeep: Bool) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for name in input.fields ?? [] { properties[name] = ["type": "string"] }
        for name in input.secrets ?? [] {
            properties[name] = ["type": "string", "format": "password", "writeOnly": true]
        }
        if properties.isEmpty {
            let choices = input.choices ?? []
            guard choices.isEmpty else { return self.schema(choices: choices) }
            properties["answer"] = ["type": "string"]
        }
        let required = properties.keys.sorted().map { JSONValue.string($0) }
        if canKeep, !(input.secrets ?? []).isEmpty {
            properties[Self.keep] = [
                "type": "boolean", "default": false, "title": "Keep for my next tasks on this site",
            ]
        }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    /// The person may say something else than the agent has thought of.
    private static func schema(choices: [String]) -> JSONValue {
        let answer: JSONValue = ["type": "string", "enum": .array(choices.map { .string($0) })]
        return [
            "type": "object", "properties": ["answer": answer, Interrupt.other: ["type": "string"]],
            "minProperties": 1, "maxProperties": 1,
        ]
    }
}
