import AgentEvents
import RuntimeProtocol

extension RunResult {
    /// The result of a run whose model ended with this message: without the marks that models quote from pages, and with
    /// the message's addresses as links.
    /// - Parameter offersPayment: Whether a link may be called a payment.
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
