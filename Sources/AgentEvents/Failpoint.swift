#if DEBUG
    import FoundationEssentials
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #else
        import Darwin
    #endif
#endif

/// A point where a process may crash, and after which invariants must hold: nothing is done twice, and nothing is lost.
///
/// A test writes a name into the file that the environment variable `AI4AI_FAILPOINT` names, and a count unless it
/// means the first time: `call-begun 2`. The process then kills itself at that point, as in a power failure. Only debug
/// builds include this code.
package enum Failpoint: String, Sendable {
    // Runtime, in the order of a run.

    /// A run's record is acquired; it does not contain anything about the run yet.
    case recordOpened = "record-opened"
    /// The record says that the run has started; no model was asked yet.
    case runBegun = "run-begun"
    /// The user's answers are recorded as used; nothing was done with them yet.
    case answerTaken = "answer-taken"
    /// The intent to execute a call is recorded; the call has not had any effect.
    case callBegun = "call-begun"
    /// The call is done; its result is not recorded.
    case callDone = "call-done"
    /// The results of a turn are recorded.
    case turnSaved = "turn-saved"
    /// A question is recorded; the user has not been asked.
    case runParked = "run-parked"
    /// The end is recorded; no client was notified.
    case runEnded = "run-ended"

    // Run stores.

    /// A temporary file is written but not renamed.
    case fileWrittenAside = "file-written-aside"
    /// All chunks of a record that is larger than one item are in DynamoDB, but not its head.
    case chunksPut = "chunks-put"

    // Files, and what is kept for users.

    /// A piece of a file is written; its sender was not answered.
    case filePieceWritten = "file-piece-written"
    /// The whole content of a file is there, but not its description.
    case fileContentKept = "file-content-kept"
    /// The content of a file is in S3, but not its description.
    case objectPut = "object-put"
    /// A website's file has arrived; it is not kept with the chat.
    case downloadEnded = "download-ended"
    /// A browser's sign-in is read; nothing of it is stored.
    case signInRead = "sign-in-read"

    // Backend.

    /// A message is stored; the runtime has not received it.
    case messageKept = "message-kept"
    /// The runtime has reported a run's end; the chat has not stored it.
    case endHeard = "end-heard"

    /// Kills this process here if a test asks for it.
    @inline(__always)
    package static func reach(_ place: Failpoint) {
        #if DEBUG
            if place.isChosen { kill(getpid(), SIGKILL) }
        #endif
    }

    #if DEBUG
        private static let file = ProcessInfo.processInfo.environment["AI4AI_FAILPOINT"]
        /// The last content of the file, and how often its failpoint was reached since.
        private static let reached = Mutex((line: "", count: 0))

        private var isChosen: Bool {
            // Without a file, no test has named a failpoint.
            guard let path = Self.file, let line = try? String(contentsOfFile: path, encoding: .utf8) else {
                return false
            }
            let parts = line.split(whereSeparator: \.isWhitespace)
            guard let name = parts.first, name == self.rawValue else { return false }
            return Self.reached.withLock { reached in
                reached = (line, reached.line == line ? reached.count + 1 : 1)
                return reached.count == parts.dropFirst().first.flatMap { Int($0) } ?? 1
            }
        }
    #endif
}
