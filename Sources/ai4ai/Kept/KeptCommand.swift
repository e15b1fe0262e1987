import AWSClient
import AgentEvents
import Agents
import ArgumentParser
import FoundationEssentials
import Logging
import RuntimeApp
import RuntimeProtocol
import Settings

/// The command that shows and changes what is kept for a user between tasks.
struct KeptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kept",
        abstract: "Show, add, or forget the sign-ins and secrets that a user keeps between tasks.",
        discussion: "Values are encrypted where they are stored, and no command shows one.",
        subcommands: [List.self, Add.self, Forget.self], defaultSubcommand: List.self)

    struct Owner: ParsableArguments {
        @Option(help: "The user; on one's own machine there is one.") var user = "local"

        fileprivate func ask(_ request: KeepingRequest) async throws {
            let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
            let automation = try RuntimeApp(settings: try Settings.fromEnvironment(), logger: logger).automation
            let session = SessionID(rawValue: "kept-\(UUID().uuidString.lowercased())")
            let items = try await automation.keeping(
                request, in: SessionScope(session, of: UserID(rawValue: self.user)))
            if items.isEmpty { print("Nothing is kept.") }
            for item in items { print(KeptCommand.line(of: item)) }
        }
    }

    private static func line(of item: KeptItem) -> String {
        let what =
            switch item.kind {
            case .signIn: "signed in"
            case .secret: "secret \(item.name ?? "")"
            case .oneTimeCode: "one-time codes \(item.name ?? "")"
            case .recipe: "recipe \(item.name ?? "")"
            }
        let used = item.lastUsedAt.map { "last used \($0.date.formatted(.iso8601))" } ?? "not used yet"
        return "\(item.id)  \(item.site)  \(what)  (\(used))"
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what is kept.")
        @OptionGroup var owner: Owner

        func run() async throws { try await self.owner.ask(.list) }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a secret. Its value is read from standard input, or from AWS Secrets Manager.")
        @Argument(help: "An address of the site; only its origin counts.") var site: String
        @Argument(help: "The name of the secret.") var name: String
        @Flag(help: "The value is the key of one-time codes, or its otpauth: address.") var code = false
        @Option(help: "A secret in AWS Secrets Manager, as ID or ID#KEY, instead of standard input.") var from: String?
        @OptionGroup var owner: Owner

        func run() async throws {
            let secret = NewSecret(
                kind: self.code ? .oneTimeCode : .secret, name: self.name, site: self.site,
                value: try await self.value())
            try await self.owner.ask(.keep(secret))
        }

        private func value() async throws -> String {
            guard let from else {
                guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                    throw Failure("Standard input is empty. Pass the value in it: it would be visible as an argument.")
                }
                return line
            }
            let parts = from.split(separator: "#", maxSplits: 1).map(String.init)
            guard let id = parts.first, !id.isEmpty else { throw Failure("--from names a secret as ID or ID#KEY.") }
            let settings = try Settings.fromEnvironment()
            let client = try AWSClient(
                environment: settings.awsEnvironment, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
            return try await SecretsManager(client).value(of: id, key: parts.count > 1 ? parts[1] : nil)
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget one item, or all.")
        @Argument(help: "The item, as list shows it.") var item: String?
        @Flag(help: "Forget everything that is kept.") var all = false
        @OptionGroup var owner: Owner

        func validate() throws {
            guard (self.item == nil) == self.all else { throw ValidationError("Name an item, or pass --all.") }
        }

        func run() async throws { try await self.owner.ask(self.item.map { .forget(id: $0) } ?? .forgetAll) }
    }
}
