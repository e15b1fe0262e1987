import FoundationEssentials
import Yams

/// An application that is started for each task of an eval. `evals/README.md` describes the file format.
package struct EvalSite: Sendable, Hashable {
    /// The program and its arguments, in which `{port}`, `{folder}`, and `{here}` are replaced.
    package var start: [String]
    /// The path that answers with success once the application is up.
    package var ready: String
    /// The folder of the application's file, for `{here}`.
    package var here: String

    package init(start: [String], ready: String = "/", here: String = ".") {
        self.start = start
        self.ready = ready
        self.here = here
    }

    private struct File: Decodable {
        var start: String
        var ready: String?
    }

    /// - Parameter path: The path of the application's file.
    /// - Throws: ``EvalError``.
    init(file path: String) throws {
        let file: File
        do {
            file = try YAMLDecoder().decode(File.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw EvalError(.unreadable, path, "this doesn't describe an application: \(error)")
        }
        self.init(
            start: file.start.split(separator: " ").map(String.init), ready: file.ready ?? "/",
            here: URL(filePath: path).deletingLastPathComponent().path)
        guard !self.start.isEmpty, self.ready.hasPrefix("/") else {
            throw EvalError(.badValue, path, "'start' names a program, and 'ready' begins with '/'")
        }
    }
}
