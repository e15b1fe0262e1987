import AgentEvents
import ArgumentParser
import FoundationEssentials
import RuntimeClient
import RuntimeProtocol
import Settings

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// The command that sends one request to a runtime and shows its steps as they happen.
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
    @Option(help: ArgumentHelp("Attach this file to the prompt; may be repeated.", valueName: "path"))
    var file: [String] = []
    @Option(
        help: ArgumentHelp(
            "Print what the task finds as JSON in the shape of this JSON Schema, with what each value stands on.",
            valueName: "path"))
    var schema: String?
    @Option(help: ArgumentHelp("Save the files that websites send in this directory.", valueName: "directory"))
    var save: String?
    @Flag(help: "Print every event as a line of JSON, instead of steps and answer.") var stream = false
    @Flag(help: "Wait for the whole answer and print it as JSON.") var json = false
    @Flag(name: .customLong("ws"), help: "Use the runtime's WebSocket.") var usesSocket = false

    enum Control: String, ExpressibleByArgument {
        case stop, take, release, renew

        var action: ControlRequest.Action {
            switch self {
            case .stop: .stop
            case .take: .take
            case .release: .release
            case .renew: .renew
            }
        }
    }

    func validate() throws {
        if self.json, self.stream || self.usesSocket {
            throw ValidationError("--json waits for one answer; leave out --stream and --ws.")
        }
        let forms = [self.prompt, self.resume, self.attach, self.control?.rawValue].compactMap { $0 }
        guard forms.count == 1 else {
            throw ValidationError("Give one of these: a prompt, --resume, --attach or --control.")
        }
        if self.prompt == nil, self.schema != nil || !self.file.isEmpty {
            throw ValidationError("--schema and --file belong to a prompt.")
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
        var runtime = try RuntimeCaller(self, settings: Settings.fromEnvironment())
        if let schema { runtime.ask(forResultIn: try Self.readSchema(schema)) }
        if !self.file.isEmpty { try await runtime.attach(self.file) }
        if self.json || self.control != nil { return print(try await runtime.answer()) }
        var progress = Progress()
        progress.wantsResult = self.schema != nil
        var end: String?
        for try await element in runtime.events() {
            if element.isEnd { end = element.type }
            let event = element.json
            if self.stream {
                print(event)
                // Flush, because standard output is fully buffered in a pipe.
                fflush(nil)
            }
            if let known = try AgentEvent.known(in: Data(event.utf8)) {
                progress.note(known)
                if !self.stream { progress.show(known) }
            }
        }
        guard let end else {
            throw Failure(
                "The connection was lost before the answer was complete. Follow the task with: --attach newest")
        }
        try await self.saveFiles(progress.files, from: runtime)
        if !self.stream { try progress.finish() } else if end == "RUN_ERROR" { throw ExitCode.failure }
    }

    private static func readSchema(_ path: String) throws -> JSONValue {
        do {
            return try JSONValue(json: String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self))
        } catch {
            throw Failure("\(path) is no JSON Schema that can be read: \(error)")
        }
    }

    private func saveFiles(_ files: Progress.Files, from runtime: RuntimeCaller) async throws {
        guard let session = files.session, !files.all.isEmpty else { return }
        for file in files.all {
            guard let save else {
                fputs("A website sent \(file.name) (\(file.size) bytes). To get such files: --save DIRECTORY\n", stderr)
                continue
            }
            let path = try await runtime.save(file, of: session, in: save)
            fputs("Saved \(path)\n", stderr)
        }
    }

    /// The request to the runtime.
    var request: RuntimeRequest {
        let content: RuntimeRequest.Content =
            if let resume, let answer {
                .resume([Self.answer(to: resume, answer)])
            } else if let attach {
                .attach(attach == "newest" ? nil : RunID(rawValue: attach), after: self.after)
            } else if let control {
                .control(ControlRequest(control.action))
            } else {
                .prompt(self.prompt ?? "")
            }
        return RuntimeRequest(content, sessionID: self.session.map { SessionID(rawValue: $0) })
    }

    private static func answer(to question: String, _ text: String) -> InterruptAnswer {
        let value = (try? JSONValue(json: text)).flatMap { if case .object = $0 { $0 } else { nil } }
        let isNo = ["no", "cancel"].contains(text.lowercased())
        let isYes = ["yes", "approve"].contains(text.lowercased())
        return InterruptAnswer(
            interruptId: InterruptID(rawValue: question), status: isNo ? .cancelled : .resolved,
            payload: value ?? (isNo ? nil : isYes ? ["approved": true] : ["answer": .string(text)]))
    }
}

/// An error that is reported on standard error, with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
