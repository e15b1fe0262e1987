import AgentEvents

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// Asks the user at the terminal an agent's question.
struct TerminalQuestion {
    let interrupt: Interrupt

    /// Asks the question and reads the answer.
    /// - Throws: ``Failure`` if standard input isn't a terminal.
    func ask() throws -> InterruptAnswer {
        guard isatty(0) == 1 else {
            throw Failure("A person is needed: \(self.interrupt.message) Run this in a terminal to answer.")
        }
        fputs("\n\(self.interrupt.message)\n", stderr)
        switch self.interrupt.reason {
        case .confirmation:
            let text = self.line("Type yes to allow it, or what to do instead: ")
            let isApproved = ["y", "yes", "ya"].contains(text.lowercased())
            return self.answer(
                isApproved ? ["approved": true] : ["approved": false, "comment": .string(text)])
        case .takeover:
            return self.answer(["comment": .string(self.line("Press Enter when it is done, or say what is wrong: "))])
        case .inputRequired:
            guard case .object(let properties) = self.interrupt.responseSchema?["properties"] else {
                return self.answer(["answer": .string(self.line("> "))])
            }
            if let choices = properties["answer"]?["enum"]?.array?.compactMap(\.string), properties["other"] != nil {
                let text = self.line("One of \(choices.joined(separator: ", ")), or something else: ")
                return self.answer([choices.contains(text) ? "answer" : "other": .string(text)])
            }
            let members = properties.keys.sorted().map { name in
                let choices = properties[name]?["enum"]?.array?.compactMap(\.string) ?? []
                let hint = choices.isEmpty ? "" : " (\(choices.joined(separator: ", ")))"
                let isSecret = properties[name]?["writeOnly"] == .bool(true)
                // Once given, it may be used there without another question.
                let place = isSecret ? self.interrupt.metadata?["origin"]?.string.map { ", only for \($0)" } ?? "" : ""
                return (name, JSONValue.string(self.line("\(name)\(hint)\(place): ", isSecret: isSecret)))
            }
            return self.answer(.object(Dictionary(members) { $1 }))
        }
    }

    private func answer(_ payload: JSONValue) -> InterruptAnswer {
        InterruptAnswer(interruptId: self.interrupt.id, status: .resolved, payload: payload)
    }

    /// - Parameter isSecret: Whether to hide the input.
    private func line(_ prompt: String, isSecret: Bool = false) -> String {
        fputs(prompt, stderr)
        guard isSecret else { return readLine() ?? "" }
        var shown = termios()
        tcgetattr(0, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSANOW, &hidden)
        defer {
            tcsetattr(0, TCSANOW, &shown)
            fputs("\n", stderr)
        }
        return readLine() ?? ""
    }
}
