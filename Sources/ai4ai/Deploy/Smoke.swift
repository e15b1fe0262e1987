import AWSClient
import ArgumentParser
import Deployment
import Foundation
import Logging
import RuntimeClient
import Settings

/// The command that tests a deployment end to end, as a user would use it.
struct Smoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try out what was deployed: a task, a question, a take-over and a chat.",
        discussion: """
            It costs what a few turns of the model and a minute of a browser cost. What would send the form is answered \
            with no. Where the agents take tokens, put one of a person into AI4AI_BEARER_TOKEN; with it the backend's \
            chat is tried, too. The report holds no account, token or secret, and can be pasted into an issue. Exits \
            with 1 when something does not work.
            """)

    @OptionGroup var target: Deploy.Target
    @Option(help: "A page whose heading is asked for.") var page = "https://example.com"
    @Option(help: "A page with a form that sends something.") var form = "https://httpbin.org/forms/post"

    func run() async throws {
        let settings = try Settings.fromEnvironment()
        let deployment = try self.target.deployment()
        let deployed = try await deployment.coordinator()
        let client = try AWSClient(
            environment: settings.awsEnvironment, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
        let runtime = RuntimeClient(
            try AgentRuntimeClient(
                client, arn: deployed.arn, qualifier: deployed.endpoint,
                authentication: settings.bearerToken.map { .bearer($0) } ?? .signature))
        print("ai4ai \(AI4AI.configuration.version), version \(deployed.version) in \(deployment.system.region)")
        var hasFailed = false
        let backend = deployment.system.backend.map {
            SmokeBackend(url: $0.publicURL, token: settings.bearerToken)
        }
        for try await finding in SmokeTest(runtime, page: self.page, form: self.form, backend: backend).findings() {
            print("\(finding)".redacted)
            fflush(nil)
            if case .failed = finding { hasFailed = true }
        }
        if hasFailed { throw ExitCode.failure }
    }
}

extension String {
    /// The text with AWS account IDs masked.
    fileprivate var redacted: String { self.replacing(#/\b[0-9]{12}\b/#) { _ in "************" } }
}
