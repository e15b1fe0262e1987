import ArgumentParser
import Assembly
import Logging
import Settings

/// Says what works and what does not, each on one line with a remedy.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check credentials, region, clock, model, browser, memory, tables and runtimes.",
        discussion: """
            Looks at what the settings ask for, by using it: the model is asked for a word, a browser session is \
            started and stopped. Exits with 1 when something does not work.
            """)

    func run() async throws {
        let settings: Settings
        do {
            settings = try Settings.fromEnvironment()
        } catch {
            print(Finding.failed("settings", "\(error)"))
            throw ExitCode.failure
        }
        let checks = try Checks(settings, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
        var hasFailed = false
        for check in checks.all {
            let finding = await check()
            print(finding)
            if case .failed = finding { hasFailed = true }
        }
        if hasFailed { throw ExitCode.failure }
    }
}

/// What a check has found.
enum Finding: CustomStringConvertible {
    case works(String, String)
    /// Nothing to check: the settings do not ask for it.
    case unused(String, String)
    case failed(String, String)

    var description: String {
        switch self {
        case .works(let name, let detail): "ok      \(Self.column(name)) \(detail)"
        case .unused(let name, let detail): "-       \(Self.column(name)) \(detail)"
        case .failed(let name, let detail): "FAILED  \(Self.column(name)) \(detail)"
        }
    }

    private static func column(_ name: String) -> String {
        name + String(repeating: " ", count: max(0, 12 - name.count))
    }
}
