/// Chromium's error response to a command.
///
/// Nearly all of them have the same code (-32000), so their kind is read from the message. This happens only here.
struct CDPError: Decodable {
    var code: Int
    var message: String

    /// Parts of the messages that mean that the document of a command, its frame, or its session no longer exists.
    ///
    /// Source: Chromium's `v8-runtime-agent-impl.cc`, `inspector_page_agent.cc`, `devtools_session.cc`, and
    /// `target_handler.cc`.
    private static let goneDocument = [
        "annot find context with specified id", "Cannot find execution context",
        "Cannot find default execution context", "Execution context was destroyed", "uniqueContextId not found",
        "Inspected target navigated", "No frame with given id",
        "No frame for given id", "Frame with the given", "Session with given id",
    ]

    /// - Parameter method: The command that failed.
    func browserError(of method: String) -> BrowserError {
        let isGone = Self.goneDocument.contains { self.message.contains($0) }
        return BrowserError(isGone ? .documentReplaced : .protocolFailure, "\(method): \(self.message)")
    }
}
