import AgentEvents
import ArgumentParser
import FoundationEssentials
import NIOCore
import ServerSentEvents
import Settings

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sends one request to a runtime and shows its steps as they happen.
struct Invoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a runtime, here or in AgentCore, and follow its steps.",
        discussion: """
            The answer goes to standard output, the steps to standard error. A runtime in AgentCore is called with \
            the AWS credentials of this machine, or with the token in AI4AI_BEARER_TOKEN where that is set.
            """)

    @Argument(help: "What shall be done, in plain language.") var prompt: String
    @Option(help: "The address of a runtime that is reached directly.") var url = "http://127.0.0.1:8080"
    @Option(help: "The ARN of a runtime in AgentCore.") var arn: String?
    @Option(help: "The name of the runtime's endpoint, with --arn.") var qualifier = "DEFAULT"
    @Option(help: "The session to continue.") var session: String?
    @Flag(help: "Print every event as a line of JSON, instead of steps and answer.") var stream = false
    @Flag(help: "Wait for the whole answer and print it as JSON.") var json = false
    @Flag(name: .customLong("ws"), help: "Use the runtime's WebSocket.") var usesSocket = false

    func validate() throws {
        if self.json, self.stream || self.usesSocket {
            throw ValidationError("--json waits for one answer; leave out --stream and --ws.")
        }
    }

    func run() async throws {
        let runtime = try RuntimeCaller(self, settings: Settings.fromEnvironment())
        if self.json { return print(try await runtime.answer(to: self.prompt)) }
        var progress = Progress()
        var end: String?
        for try await event in runtime.events(for: self.prompt) {
            let type = try JSONValue(json: event)["type"]?.string
            if ["RUN_FINISHED", "RUN_ERROR"].contains(type) { end = type }
            if self.stream {
                print(event)
                // Into a pipe it would otherwise wait for many more.
                fflush(nil)
            } else {
                progress.show(try JSONDecoder().decode(AgentEvent.self, from: Data(event.utf8)))
            }
        }
        guard let end else {
            throw Failure("The answer broke off before its end. Whether the errand was done is unknown.")
        }
        if !self.stream { try progress.finish() } else if end == "RUN_ERROR" { throw ExitCode.failure }
    }
}

/// A failure told to the person on standard error, with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
