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

    @Argument(help: "What shall be done, in plain language.") var prompt: String?
    @Option(help: "The address of a runtime that is reached directly.") var url = "http://127.0.0.1:8080"
    @Option(help: "The ARN of a runtime in AgentCore.") var arn: String?
    @Option(help: "The name of the runtime's endpoint, with --arn.") var qualifier = "DEFAULT"
    @Option(help: "The session to continue.") var session: String?
    @Option(
        help: ArgumentHelp(
            "Answer a question of the session, by its id. The answer follows as JSON or as plain text.",
            valueName: "interrupt"))
    var resume: String?
    @Option(help: "The answer to that: the payload as JSON, or text; 'no' turns it down.") var answer: String?
    @Option(help: ArgumentHelp("Follow a run of the session; 'newest' for its last one.", valueName: "run"))
    var attach: String?
    @Option(help: "The last event of that run that was seen.") var after = 0
    @Option(help: "stop, take, release or renew: end the session's run, or take its browser over.")
    var control: Control?
    @Flag(help: "Print every event as a line of JSON, instead of steps and answer.") var stream = false
    @Flag(help: "Wait for the whole answer and print it as JSON.") var json = false
    @Flag(name: .customLong("ws"), help: "Use the runtime's WebSocket.") var usesSocket = false

    enum Control: String, ExpressibleByArgument, Encodable { case stop, take, release, renew }

    func validate() throws {
        if self.json, self.stream || self.usesSocket {
            throw ValidationError("--json waits for one answer; leave out --stream and --ws.")
        }
        let forms = [self.prompt, self.resume, self.attach, self.control?.rawValue].compactMap { $0 }
        guard forms.count == 1 else {
            throw ValidationError("Give one of these: a prompt, --resume, --attach or --control.")
        }
        if self.prompt == nil, self.session == nil { throw ValidationError("--session says which session is meant.") }
        if (self.resume == nil) != (self.answer == nil) {
            throw ValidationError("--resume and --answer belong together.")
        }
        if self.usesSocket, self.prompt == nil {
            throw ValidationError("--ws takes a prompt; leave it out for --resume, --attach and --control.")
        }
    }

    func run() async throws {
        let runtime = try RuntimeCaller(self, settings: Settings.fromEnvironment())
        if self.json || self.control != nil { return print(try await runtime.answer()) }
        var progress = Progress()
        var end: String?
        for try await event in runtime.events() {
            let type = try JSONValue(json: event)["type"]?.string
            if ["RUN_FINISHED", "RUN_ERROR"].contains(type) { end = type }
            if self.stream {
                print(event)
                // Into a pipe it would otherwise wait for many more.
                fflush(nil)
            } else if let known = try AgentEvent.known(in: Data(event.utf8)) {
                progress.show(known)
            }
        }
        guard let end else {
            throw Failure(
                "The connection was lost before the answer was complete. Follow the errand with: --attach newest")
        }
        if !self.stream { try progress.finish() } else if end == "RUN_ERROR" { throw ExitCode.failure }
    }

    /// What the runtime is sent.
    var payload: RuntimePayload {
        var payload = RuntimePayload(prompt: self.prompt, session_id: self.session)
        if let resume, let answer {
            let value = (try? JSONValue(json: answer)).flatMap { if case .object = $0 { $0 } else { nil } }
            let isNo = ["no", "cancel"].contains(answer.lowercased())
            let isYes = ["yes", "approve"].contains(answer.lowercased())
            payload.resume = [
                InterruptAnswer(
                    interruptId: InterruptID(rawValue: resume), status: isNo ? .cancelled : .resolved,
                    payload: value ?? (isNo ? nil : isYes ? ["approved": true] : ["answer": .string(answer)]))
            ]
        }
        if let attach {
            payload.attach = .init(run_id: attach == "newest" ? nil : attach, last_seq: self.after)
        }
        payload.control = self.control.map { ["action": $0.rawValue] }
        return payload
    }
}

/// A request to a runtime, in one of its forms.
struct RuntimePayload: Encodable {
    struct Attach: Encodable {
        var run_id: String?
        var last_seq: Int
    }

    var prompt: String?
    var session_id: String?
    var resume: [InterruptAnswer]?
    var attach: Attach?
    var control: [String: String]?
}

/// A failure told to the person on standard error, with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
