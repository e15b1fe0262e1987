package import AgentEvents
import AgentLoop

/// A task for an agent, with checks of its outcome. `evals/README.md` describes the file format.
package struct EvalTask: Sendable, Hashable {
    /// A condition that must hold when the task ends.
    package enum Check: Sendable, Hashable {
        case answerContains(String)
        case answerLacks(String)
        /// The site received a form at this path with these fields, exactly once.
        case received(path: String, fields: [String: String])
        case receivedNone(path: String)
        /// The site's page at this path contains a text, or lacks it.
        case siteShows(path: String, text: String, isThere: Bool)
        case status(RunStatus)
        /// The user got a file with this name, and with this text in it or this digest (SHA-256, in hexadecimal).
        case got(file: String, text: String?, digest: String?)
        /// The structured result is this.
        case result(JSONValue)
    }

    /// The user's answer to a question.
    package enum Answer: Sendable, Hashable {
        case approve
        case reject
        case text(String)
    }

    /// The file's name without its extension.
    package var name: String
    /// The user's request. `{site}` stands for the site's address.
    package var request: String
    /// The application that is started for the task; `nil` for the demo site.
    package var site: EvalSite?
    /// The checks of the outcome. Without a status check, the run must complete.
    package var checks: [Check]
    /// The user's answers, in the order of the questions. Without an answer, the run stays interrupted.
    package var answers: [Answer] = []
    /// What the user keeps for the site: the values by their names. A key of one-time codes begins with `otpauth:`.
    package var secrets: [File] = []
    /// The files that the user attaches to the request.
    package var files: [File] = []
    /// The JSON Schema of the result. The automation agent then does the task alone.
    package var schema: JSONValue?
    /// The only domains that may be opened; if empty, only the site's own.
    package var allowedDomains: [String] = []
    /// The maximum number of model turns of each agent.
    package var maxSteps = 40
    /// The maximum duration, in seconds.
    package var maxSeconds = 300
    /// The steps for the scripted model.
    package var script: [ScriptStep] = []
    /// The version for the offline model; `nil` if the offline model cannot do the task.
    package var offline: Offline?

    /// A file with a text as its content, or a secret with its value.
    package struct File: Sendable, Hashable {
        package var name: String
        package var text: String
    }

    package init(name: String, request: String, checks: [Check]) {
        self.name = name
        self.request = request
        self.checks = checks
    }
}

extension EvalTask.Answer {
    /// Returns the answer in the form that a question requires.
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

    /// Returns the payload with the same text for every requested text. For a choice, it selects the option that
    /// contains the text. What isn't a text, such as whether a secret is kept, is left out, as it is on the page.
    private static func payload(_ text: String, _ interrupt: Interrupt) -> JSONValue {
        guard case .object(let properties) = interrupt.responseSchema?["properties"] else {
            return ["answer": .string(text)]
        }
        var payload: [String: JSONValue] = properties.filter { $0.value["type"] == "string" }.mapValues { property in
            let choice = property["enum"]?.array?.first {
                $0.string.map { $0.lowercased().contains(text.lowercased()) } ?? false
            }
            return choice ?? .string(text)
        }
        // None of the choices, unless one fits.
        if let answer = payload["answer"], properties["other"] != nil {
            payload[properties["answer"]?["enum"]?.array?.contains(answer) == true ? "other" : "answer"] = nil
        }
        return .object(payload)
    }
}
