/// Why a folder of tasks, or an earlier report, cannot be used.
package struct EvalError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem.
    package enum Code: String, Sendable {
        /// The file or folder cannot be read or written.
        case unreadable
        /// The folder holds no task.
        case noTasks
        /// A line is none of those that a task file may hold.
        case badSyntax
        case unknownKey, duplicateKey, missingKey
        /// A key has a value that it cannot have.
        case badValue
    }

    package let code: Code
    package let file: String
    /// Counted from 1; absent where the whole file is meant.
    package let line: Int?
    /// What is wrong, and what to do.
    package let message: String

    package init(_ code: Code, _ file: String, line: Int? = nil, _ message: String) {
        self.code = code
        self.file = file
        self.line = line
        self.message = message
    }

    package var description: String { "\(self.file):\(self.line.map { "\($0):" } ?? "") \(self.message)" }
}
