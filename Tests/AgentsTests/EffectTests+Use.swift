import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import Files
import FoundationEssentials
import Logging
import Models
import RuntimeProtocol
import Synchronization
import TestSupport

extension EffectTests {
    /// The outcome of using a page's control.
    struct Found: Sendable {
        var questions = 0
        var isAsked: Bool { self.questions > 0 }
        var result = ""
        /// The requests that reached the site.
        var taken: [String] = []
    }

    /// Uses each page's control, one after the other, in one browser.
    /// - Parameter answer: Returns the user's answer to each question.
    static func use(
        _ pages: [EffectPage], goal: String = "Do what the page is for.",
        answer: @escaping @Sendable (Interrupt) -> JSONValue = { _ in ["approved": false] },
        _ body: @Sendable (_ found: [String: Found], PageServer) throws -> Void
    ) async throws {
        var contents: [String: PageContent] = [
            "/taken": "Thank you.", "/taken/:case": "Thank you.", "/help": "Help.",
            "/landing": .html(EffectPage.landing),
        ]
        for page in pages {
            contents["/\(page.name)"] = .html(page.html.replacing("CASE", with: page.name))
        }
        try await withPages(contents) { server, address in
            var turns: [ScriptedModel.Turn] = []
            for page in pages {
                turns.append(.call("navigate", ["url": .string("\(address)/\(page.name)")]))
                turns += page.acts.map { $0.turn(address, page.name) }
                // The effect of a timer arrives a little later.
                if page.isLate { turns.append(.call("wait_for_text", ["text": "never", "seconds": 1])) }
            }
            let found = Mutex<[String: Found]>([:])
            let current = Mutex("")
            let bench = Bench(turns)
            try await BrowserSlots.shared.withSlot {
                var work = RunRequest.Work.automation(
                    AutomationTask(goal: goal, forbidden: ApprovalPolicy.prohibitedActions(in: goal)))
                while true {
                    let result = try await bench.run(work) { event in
                        switch event {
                        case .stepStarted(let step) where step.stepName == "navigate":
                            let url = step.metadata?.input["url"]?.string
                            let name = String(url?.split(separator: "/").last ?? "")
                            if pages.contains(where: { $0.name == name }) { current.withLock { $0 = name } }
                        case .toolCallResult(let result):
                            let name = current.withLock { $0 }
                            found.withLock { $0[name, default: Found()].result += result.content + "\n" }
                        default: break
                        }
                    }
                    guard let question = result.interrupts?.first else { break }
                    let name = current.withLock { $0 }
                    // After some failures the agent offers the browser to the user, who returns it unchanged.
                    let isOffer = question.reason == .takeover
                    if !isOffer { found.withLock { $0[name, default: Found()].questions += 1 } }
                    work = .resume(
                        [
                            InterruptAnswer(
                                interruptId: question.id, status: .resolved, payload: isOffer ? [:] : answer(question))
                        ], ofAutomation: true)
                }
            }
            var all = found.withLock { $0 }
            for path in server.requests.map(\.target) where path.hasPrefix("/taken") {
                for page in pages where ["/", "?", "=", "-"].contains(where: { path.contains("\($0)\(page.name)") }) {
                    all[page.name, default: Found()].taken.append(path)
                }
            }
            try body(all, server)
        }
    }

    struct Bench: Sendable {
        let runs: AgentRuns
        let session = SessionID(rawValue: "session-\(UUID())")

        init(_ turns: [ScriptedModel.Turn]) {
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let store = FileRunStore(directory: "\(FileManager.default.temporaryDirectory.path)/runs-\(UUID())")
            var configuration = BrowserConfiguration()
            configuration.addressPolicy.allowsAllPrivate = true
            let model = ScriptedModel(turns)
            let automation = AutomationAgent(
                model: model, budget: .init(steps: 1000), browsers: LocalBrowserSource(logger: quiet),
                configuration: configuration, store: store, files: LocalFileStore.temporary(), logger: quiet)
            self.runs = AgentRuns(
                coordinator: Coordinator(model: model, automation: automation, budget: .init(steps: 30), logger: quiet),
                automation: automation, store: store, logger: quiet)
        }

        func run(_ work: RunRequest.Work, emit: @escaping EventSink) async throws -> RunResult {
            try await self.runs.run(
                RunRequest(work, sessionID: self.session, runID: RunID(rawValue: "run-\(UUID())")), emit: emit)
        }
    }
}
