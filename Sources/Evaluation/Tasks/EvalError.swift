/// An error for a folder of tasks, or an earlier report, that cannot be used.
package struct EvalError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem.
    package enum Code: String, Sendable {
        /// The file or folder cannot be read or written.
        case unreadable
        /// The folder contains no task.
        case noTasks
        /// A line is not valid in a task file.
        case badSyntax
        case unknownKey, duplicateKey, missingKey
        /// A key has an invalid value.
        case badValue
        /// A task's application doesn't start, has ended, or doesn't answer.
        case siteFailed
    }

    package let code: Code
    package let file: String
    /// The line number, starting at 1; `nil` if the error concerns the whole file.
    package let line: Int?
    /// What is wrong and how to fix it.
    package let message: String

    package init(_ code: Code, _ file: String, line: Int? = nil, _ message: String) {
        self.code = code
        self.file = file
        self.line = line
        self.message = message
    }

    package var description: String { "\(self.file):\(self.line.map { "\($0):" } ?? "") \(self.message)" }
}
