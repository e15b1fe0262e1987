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

/// A place where a process may die and something must hold afterwards: nothing is done twice, nothing is lost.
///
/// A test writes a name into the file that the variable `AI4AI_FAILPOINT` names, and a number where it does not mean
/// the first time: `call-begun 2`. The process dies there as by a power cut. Debug builds only: elsewhere nothing is
/// compiled in.
package enum Failpoint: String, Sendable {
    // The runtime, in the order of a run.

    /// A run's record is taken over; nothing of the run is in it.
    case recordOpened = "record-opened"
    /// The record says that the run has begun; no model was asked.
    case runBegun = "run-begun"
    /// A person's answers are used up; nothing was done with them.
    case answerTaken = "answer-taken"
    /// The intent of a call is recorded; the call has done nothing.
    case callBegun = "call-begun"
    /// The call is done; its result is not recorded.
    case callDone = "call-done"
    /// The results of a turn are recorded.
    case turnSaved = "turn-saved"
    /// A question is recorded; nobody has been asked.
    case runParked = "run-parked"
    /// The end is recorded; nobody has been told.
    case runEnded = "run-ended"

    // The stores of run records.

    /// A file is written aside and not in its place.
    case fileWrittenAside = "file-written-aside"
    /// All but the head of a record that is larger than an item is in DynamoDB.
    case chunksPut = "chunks-put"

    // The backend.

    /// A message is kept; the runtime does not know of it.
    case messageKept = "message-kept"
    /// The runtime has told a run's end; the chat does not have it.
    case endHeard = "end-heard"

    /// Ends this process here if a test says so.
    @inline(__always)
    package static func reach(_ place: Failpoint) {
        #if DEBUG
            if place.isChosen { kill(getpid(), SIGKILL) }
        #endif
    }

    #if DEBUG
        private static let file = ProcessInfo.processInfo.environment["AI4AI_FAILPOINT"]
        /// What the file said last, and how often that place was reached since.
        private static let reached = Mutex((line: "", count: 0))

        private var isChosen: Bool {
            // No test has named a place where there is no file.
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
