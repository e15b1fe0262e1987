package import AgentEvents
import AgentLoop

/// What an agent is asked to do, with what must come of it. `evals/README.md` describes its file.
package struct EvalTask: Sendable, Hashable {
    /// What must hold in the end.
    package enum Check: Sendable, Hashable {
        case answerContains(String)
        case answerLacks(String)
        /// The site was sent a form at this path with these fields, exactly once.
        case received(path: String, fields: [String: String])
        case receivedNone(path: String)
        case status(RunStatus)
    }

    /// How the person answers a question.
    package enum Answer: Sendable, Hashable {
        case approve
        case reject
        case text(String)
    }

    /// The file's name without its ending.
    package var name: String
    /// What the person says; `{site}` stands for the site's address.
    package var request: String
    /// Without a check of the status, the run must complete.
    package var checks: [Check]
    /// The person's answers in the order of the questions. Without one, the run is left as it waits.
    package var answers: [Answer] = []
    /// The only domains that may be opened; the site's own where there are none.
    package var allowedDomains: [String] = []
    /// The most turns of each agent's model.
    package var maxSteps = 40
    /// The longest time, in seconds.
    package var maxSeconds = 300
    /// How it is done, for the scripted model.
    package var script: [ScriptStep] = []
    /// The same errand for the offline model; absent where that cannot do it.
    package var offline: Offline?

    package init(name: String, request: String, checks: [Check]) {
        self.name = name
        self.request = request
        self.checks = checks
    }
}

extension EvalTask.Answer {
    /// The answer in the form that a question asks for.
    package func answer(to interrupt: Interrupt) -> InterruptAnswer {
        func answer(_ status: InterruptAnswer.Status, _ payload: JSONValue? = nil) -> InterruptAnswer {
            InterruptAnswer(interruptId: interrupt.id, status: status, payload: payload)
        }
        switch (interrupt.reason, self) {
        case (.confirmation, .approve): return answer(.resolved, ["approved": true])
        case (.confirmation, .reject): return answer(.resolved, ["approved": false])
        case (.confirmation, .text(let text)):
            return answer(.resolved, ["approved": false, "comment": .string(text)])
        case (.takeover, .approve): return answer(.resolved, [:])
        case (.takeover, .text(let text)): return answer(.resolved, ["comment": .string(text)])
        case (.inputRequired, .text(let text)): return answer(.resolved, Self.payload(text, interrupt))
        case (.inputRequired, .approve): return answer(.resolved, Self.payload("yes", interrupt))
        case (.takeover, .reject), (.inputRequired, .reject): return answer(.cancelled)
        }
    }

    /// A person who is asked for several things at once says the same to each; of choices they take the one they name.
    private static func payload(_ text: String, _ interrupt: Interrupt) -> JSONValue {
        guard case .object(let properties) = interrupt.responseSchema?["properties"] else {
            return ["answer": .string(text)]
        }
        return .object(
            properties.mapValues { property in
                let choice = property["enum"]?.array?.first {
                    $0.string.map { $0.lowercased().contains(text.lowercased()) } ?? false
                }
                return choice ?? .string(text)
            })
    }
}
