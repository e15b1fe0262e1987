package import AgentEvents
import AgentLoop
import Crypto
package import DemoSite
package import FoundationEssentials
package import RuntimeProtocol
import TextCoding

extension EvalTask {
    /// The outcome of a run, to be checked.
    package struct Outcome: Sendable, Hashable {
        package var answer: String
        package var status: RunStatus
        /// The machine-readable reason for a failure.
        package var code: String?
        /// The forms that the demo site received.
        package var submissions: [DemoSite.Submission]
        /// The site's pages that are checked, by their path; without those that the site refused.
        package var pages: [String: String]
        /// The files that the user got, by their names.
        package var files: [String: Data]
        package var result: StructuredResult?

        package init(
            answer: String, status: RunStatus, code: String? = nil, submissions: [DemoSite.Submission] = [],
            pages: [String: String] = [:], files: [String: Data] = [:], result: StructuredResult? = nil
        ) {
            self.answer = answer
            self.status = status
            self.code = code
            self.submissions = submissions
            self.pages = pages
            self.files = files
            self.result = result
        }
    }

    /// Returns the failed checks; empty if the task succeeded. Without a status check, the run must have completed.
    package func failures(of outcome: Outcome) -> [String] {
        let hasStatus = self.checks.contains { if case .status = $0 { true } else { false } }
        return ((hasStatus ? [] : [.status(.completed)]) + self.checks).compactMap { $0.failure(of: outcome) }
    }
}

extension EvalTask.Check {
    /// Returns a description of the failure; `nil` if the check passed.
    fileprivate func failure(of outcome: EvalTask.Outcome) -> String? {
        switch self {
        case .answerContains(let text):
            let holds = Self.plain(outcome.answer).contains(Self.plain(text))
            return holds ? nil : "the answer lacks \"\(text)\": \(outcome.answer.prefix(200))"
        case .answerLacks(let text):
            let holds = !Self.plain(outcome.answer).contains(Self.plain(text))
            return holds ? nil : "the answer contains \"\(text)\": \(outcome.answer.prefix(200))"
        case .received(let path, let fields):
            let there = outcome.submissions.filter { $0.path == path }
            let count = there.count { sent in
                fields.allSatisfy { Self.bare(sent.fields[$0.key, default: ""]) == Self.bare($0.value) }
            }
            return count == 1 ? nil : "\(path) received this \(count) times, of \(there.count) forms in all"
        case .receivedNone(let path):
            let count = outcome.submissions.count { $0.path == path }
            return count == 0 ? nil : "\(path) received \(count) forms"
        case .siteShows(let path, let text, let isThere):
            guard let page = outcome.pages[path] else { return "the site has refused \(path)" }
            guard Self.plain(page).contains(Self.plain(text)) != isThere else { return nil }
            return "\(path) \(isThere ? "lacks" : "contains") \"\(text)\": \(page.prefix(200))"
        case .got(let name, let text, let digest):
            guard let bytes = outcome.files[name] else {
                return "the user did not get \(name), but \(outcome.files.keys.sorted())"
            }
            let holds =
                text.map { Self.plain(String(decoding: bytes, as: UTF8.self)).contains(Self.plain($0)) }
                ?? (SHA256.hash(data: bytes).hexadecimal == digest)
            return holds ? nil : "\(name) has other content (\(SHA256.hash(data: bytes).hexadecimal))"
        case .result(let value):
            return outcome.result?.value == value
                ? nil : "the result is \(outcome.result?.value.json ?? "none"): \(outcome.result?.problems ?? [])"
        case .status(let status):
            guard outcome.status != status else { return nil }
            let code = outcome.code.map { " (\($0))" } ?? ""
            return "the run is \(outcome.status.rawValue)\(code): \(outcome.answer.prefix(200))"
        }
    }

    /// Normalizes case and whitespace, which are up to the model.
    private static func plain(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Normalizes case and removes whitespace: a license plate is the same with and without its space.
    private static func bare(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace } }
}
