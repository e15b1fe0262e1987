import AgentEvents
import RuntimeProtocol

extension RunResult {
    /// Creates the result of a run from the model's final message. Page marks are removed from the message, and its
    /// addresses become links.
    /// - Parameter offersPayment: Whether links may be classified as payment links.
    init(
        telling message: String, sessionID: SessionID, runID: RunID, status: RunStatus, code: String? = nil,
        interrupts: [Interrupt]? = nil, usage: TokenUsage? = nil, offersPayment: Bool = true
    ) {
        let message = PageMarks.removed(from: message)
        var links = status == .completed ? ResultLink.all(in: message) : []
        if !offersPayment { for index in links.indices { links[index].kind = .page } }
        self.init(
            message: message, sessionID: sessionID, runID: runID, status: status, code: code, interrupts: interrupts,
            links: links.isEmpty ? nil : links, usage: usage)
    }
}
