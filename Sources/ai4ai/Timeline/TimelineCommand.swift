import AgentEvents
import AgentLoop
import Agents
import ArgumentParser
import FoundationEssentials
import Logging
import RuntimeApp
import Settings

/// The command that shows a recorded run.
struct TimelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Show step by step what happened in a session.",
        discussion: """
            Reads what the settings say is recorded, also while a run is at work. The page of --html holds everything \
            in one file, with the pictures that were kept (AI4AI_KEEP_PICTURES); treat it like the task itself.
            """)

    @Argument(help: "The session.") var session: String
    @Option(help: ArgumentHelp("Write a page for a browser instead.", valueName: "file")) var html: String?
    @Flag(help: "Print it as JSON instead.") var json = false

    func validate() throws {
        if self.json, self.html != nil { throw ValidationError("Give --json or --html, not both.") }
    }

    func run() async throws {
        let settings = try Settings.fromEnvironment()
        let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
        let store = try RuntimeApp(settings: settings, logger: logger).store
        let session = SessionID(rawValue: self.session)
        let timeline = Timeline(
            session: session, conversation: try await store.read(session),
            automation: try await store.read(session.automationRecord))
        guard let timeline else { throw Failure(Self.unknown(session, settings)) }
        if let html {
            try Self.write(await Self.page(timeline, store), to: html)
        } else if self.json {
            print(try JSONValue.json(encoding: timeline))
        } else {
            print(TimelineText(timeline).text)
        }
    }

    private static func unknown(_ session: SessionID, _ settings: Settings) -> String {
        let place =
            switch settings.storage {
            case .files: "\(settings.storageDirectory)/runs. Check the id and AI4AI_STORAGE_DIRECTORY"
            case .dynamodb: "the tables of DynamoDB. Check the id and the region"
            }
        return "There is no session '\(session)' in \(place)."
    }

    private static func page(_ timeline: Timeline, _ store: any RunStore) async -> String {
        var pictures: [String: Data] = [:]
        for name in timeline.pictureNames {
            pictures[name] = await store.picture(named: name, of: timeline.sessionID.automationRecord)
        }
        return TimelinePage(timeline, pictures: pictures).html
    }

    private static func write(_ page: String, to path: String) throws {
        // Readable only by its owner, because the page shows the content of the task.
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(page.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure("The page cannot be written to \(path). Check that its directory is there.") }
    }
}
