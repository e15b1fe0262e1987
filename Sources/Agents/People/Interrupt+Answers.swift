import AgentEvents

extension InterruptAnswer {
    /// What the person has added in their own words, as a sentence for a model; empty where they have not.
    var remark: String { self.payload?["comment"]?.string.map { " They said: \"\($0)\"." } ?? "" }
}

extension Interrupt {
    /// What is wrong with an answer's payload by the interrupt's schema, for a person; `nil` where it fits.
    ///
    /// The schemas are our own: objects with members that are text, choices, numbers or yes and no.
    func objection(to payload: JSONValue?) -> String? {
        guard let schema = self.responseSchema, case .object(let properties) = schema["properties"] else { return nil }
        guard case .object(let members) = payload ?? [:] else { return "it is no object." }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where members[name] == nil {
            return "'\(name)' is missing."
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let property = properties[name] else { return "there is no '\(name)' in it." }
            if let reason = Self.objection(to: value, property) { return "'\(name)' \(reason)" }
        }
        return nil
    }

    private static func objection(to value: JSONValue, _ property: JSONValue) -> String? {
        if let choices = property["enum"]?.array, !choices.contains(value) {
            return "is none of \(choices.compactMap(\.string).joined(separator: ", "))."
        }
        switch (property["type"]?.string, value) {
        case ("string", .string(let text)):
            guard text.count <= self.longestText else { return "has more than \(self.longestText) characters." }
            return nil
        case ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number),
            ("object", .object), (nil, _):
            return nil
        case (let type?, _): return "is no \(type)."
        }
    }

    private static let longestText = 20_000

    /// The answers that a message gives which comes instead of them: to a single open question it is the answer,
    /// and whatever else was asked is turned down.
    static func answers(to interrupts: [Interrupt], from message: String) -> [InterruptAnswer] {
        interrupts.map { interrupt in
            let payload: JSONValue = ["answer": .string(message)]
            if interrupts.count == 1, interrupt.reason == .inputRequired, interrupt.objection(to: payload) == nil {
                return InterruptAnswer(interruptId: interrupt.id, status: .resolved, payload: payload)
            }
            return InterruptAnswer(
                interruptId: interrupt.id, status: .cancelled, payload: ["comment": .string(message)])
        }
    }
}
