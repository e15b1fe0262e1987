import ArgumentParser
import Logging
import RuntimeApp
import Settings

/// The command that checks what works and what doesn't, one line per check, with a remedy for each failure.
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

/// The result of a check.
enum Finding: CustomStringConvertible {
    case works(String, String)
    /// The settings don't use this part, so there is nothing to check.
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
