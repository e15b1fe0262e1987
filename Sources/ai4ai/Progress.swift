import AgentEvents
import ArgumentParser
import FoundationEssentials
import RuntimeProtocol

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// Shows a run in a terminal: steps and their results on standard error; the answer, or the structured result that was asked
/// for, on standard output.
struct Progress {
    private var isTextOpen = false
    private var answer = ""
    private var error: String?
    /// Whether a structured result was asked for.
    var wantsResult = false
    private var result: StructuredResult?
    private var isWaiting = false
    /// The files that websites have sent.
    private(set) var files = Files()

    /// The files of a run, and the session that they belong to.
    struct Files {
        var session: SessionID?
        var all: [StoredFile] = []
    }

    /// Takes what is needed after the run from an event.
    mutating func note(_ event: AgentEvent) {
        switch event {
        case .runStarted(let started): self.files.session = started.threadId
        case .custom(let custom) where custom.name == AgentEvent.Custom.fileReceived:
            // Other versions may describe files in other ways.
            if let file = try? custom.value.decode(StoredFile.self) { self.files.all.append(file) }
        default: break
        }
    }

    mutating func show(_ event: AgentEvent) {
        switch event {
        case .stepStarted(let step):
            self.print("→ \(step.metadata.map { StepTitle.text(of: $0) } ?? step.stepName)")
        case .toolCallResult(let result):
            // The first line states the result; page content follows it.
            let line = PageMarks.removed(from: result.content).split(separator: "\n").first ?? ""
            self.print("  \(line.prefix(200))")
        case .custom(let custom) where custom.name == "browser.navigated":
            self.print("  \(custom.value["title"]?.string ?? "") \(custom.value["url"]?.string ?? "")")
        case .textMessageStart(let start) where start.subagentRunId == nil: self.answer = ""
        case .textMessageContent(let content) where content.subagentRunId == nil: self.answer += content.delta
        case .runError(let failure): self.error = failure.message
        case .runFinished(let finished):
            // Other versions may describe results in other ways.
            self.result = try? finished.result?["result"]?.decode()
            guard case .interrupt(let interrupts) = finished.outcome else { break }
            self.isWaiting = true
            self.answer = interrupts.map { interrupt in
                "\(interrupt.message)\n(Answer with: ai4ai invoke --session \(finished.threadId) "
                    + "--resume \(interrupt.id) --answer …)"
            }.joined(separator: "\n")
        default: break
        }
    }

    /// Prints the answer, or the structured result as JSON.
    /// - Throws: ``Failure`` if the run failed or gave no result, `ExitCode.failure` if nothing was found.
    func finish() throws {
        if let error { throw Failure(error) }
        let answer = PageMarks.removed(from: self.answer)
        if self.result == nil, !self.wantsResult || self.isWaiting { return Swift.print(answer) }
        self.print(answer)
        guard let result else { throw Failure("The runtime has given no result.") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(result), as: UTF8.self))
        if result.value == .null { throw ExitCode.failure }
    }

    private func print(_ line: String) {
        fputs("\(line)\n", stderr)
    }
}
