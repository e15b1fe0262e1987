import AgentEvents
import TextCoding

extension InterruptAnswer {
    /// Marks an answer with which the person said something else instead of deciding.
    static let undecided = "undecided"

    var isUndecided: Bool { self.payload?[Self.undecided] == true }

    /// The user's comment as a sentence for a model; empty if there is none.
    var remark: String { self.payload?["comment"]?.string.map { " They said: \"\($0)\"." } ?? "" }
}

extension Interrupt {
    /// Returns what is wrong with an answer's payload according to the interrupt's schema, as text for the user; `nil`
    /// if the payload is valid.
    ///
    /// Only the schemas of this project are supported: objects whose members are text, choices, numbers, or Booleans.
    func objection(to payload: JSONValue?) -> String? {
        guard let schema = self.responseSchema, case .object(let properties) = schema["properties"] else { return nil }
        guard case .object(let members) = payload ?? [:] else { return "it is no object." }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where members[name] == nil {
            return "'\(name)' is missing."
        }
        if let least = schema["minProperties"]?.integer, members.count < least { return "it says nothing." }
        if let most = schema["maxProperties"]?.integer, members.count > most { return "it says more than one thing." }
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

    /// Returns the answers that follow from a message sent instead of answers. The message answers a single open
    /// question. Whether an action may be done stays undecided, unless the message is a plain no; nothing but the
    /// answer itself approves one.
    static func answers(to interrupts: [Interrupt], from message: String) -> [InterruptAnswer] {
        interrupts.map { interrupt in
            let payloads: [JSONValue] = [["answer": .string(message)], [Self.other: .string(message)]]
            if interrupts.count == 1, interrupt.reason == .inputRequired,
                let payload = payloads.first(where: { interrupt.objection(to: $0) == nil })
            {
                return InterruptAnswer(interruptId: interrupt.id, status: .resolved, payload: payload)
            }
            var payload: [String: JSONValue] = ["comment": .string(message)]
            if interrupt.reason == .confirmation, !self.isNo(message) { payload[InterruptAnswer.undecided] = true }
            return InterruptAnswer(interruptId: interrupt.id, status: .cancelled, payload: .object(payload))
        }
    }

    /// The member of an answer that is none of the choices.
    static let other = "other"

    private static let refusals: Set = [
        "no", "nope", "dont", "do not", "stop", "cancel", "reject", "decline", "tidak", "tak", "jangan", "batal",
        "tolak",
        "no thanks", "no thank you",
    ]

    /// A plain no, and nothing else: `No. 12?` is none.
    private static func isNo(_ message: String) -> Bool {
        let words = message.lowercased().filter { $0 != "'" && $0 != "’" }
        return self.refusals.contains(String(words[...].trimming { $0.isWhitespace || ".!".contains($0) }))
    }
}
