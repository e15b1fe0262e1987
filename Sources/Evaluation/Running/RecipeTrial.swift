package import AgentEvents
package import AgentLoop
import Agents
import BrowserAutomation
package import DemoSite
import Files
import FoundationEssentials
import Logging
import Recipes
import RuntimeProtocol

/// Repeats a recipe on a demo site of its own, which may be another one than when the recipe was recorded.
package struct RecipeTrial: Sendable {
    /// How a trial ended.
    package enum End: Sendable, Hashable {
        case answered(String)
        case stopped(String)
        /// The person was asked, and nobody answered.
        case asked(String)
    }

    package struct Result: Sendable {
        package var end: End
        /// Whether the agent was needed.
        package var isWithAgent: Bool
        package var submissions: [DemoSite.Submission]
        package var usage: TokenUsage
        package var seconds: Double
    }

    private let chromium: String?
    /// What the person answers, in order: to approve, or the values of fields.
    private let answers: [JSONValue]
    private let agent: (any LanguageModel)?

    /// - Parameters:
    ///   - chromium: The path of the Chromium to run; if `nil`, the usual places are searched.
    ///   - answers: The payloads with which questions are answered, in order.
    ///   - agent: The model that goes on where the recipe can't; without one it stops.
    package init(chromium: String? = nil, answers: [JSONValue] = [], agent: (any LanguageModel)? = nil) {
        self.chromium = chromium
        self.answers = answers
        self.agent = agent
    }

    /// - Parameters:
    ///   - text: The recipe, for the address `https://demo.example`.
    /// - Throws: ``RecipeError``, `CancellationError`.
    package func run(
        _ text: String, values: [String: String], mutation: Mutation? = nil
    ) async throws -> Result {
        try await withDemoSite { site, address in
            let text = text.replacing("https://demo.example", with: address).replacing(
                "demo.example", with: "127.0.0.1")
            var recipe = try Recipe(text: text, file: "recipe")
            if let mutation, let first = recipe.steps.first?.with {
                recipe.steps[0].with = "\(first)\(first.contains("?") ? "&" : "?")mutate=\(mutation.id)"
            }
            let mutated = recipe
            return try await self.run(mutated, values, address, site)
        }
    }

    private func run(
        _ recipe: Recipe, _ values: [String: String], _ address: String, _ site: DemoSite
    ) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "ai4ai-recipe-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let logger = Logger(label: "recipe") { _ in SwiftLogNoOpLogHandler() }
        var configuration = BrowserConfiguration()
        configuration.chromium = self.chromium
        configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address], limitsResources: true)
        let store = FileRunStore(directory: directory.path)
        let automation = AutomationAgent(
            model: self.agent ?? NoAgent(), budget: .init(steps: 60, time: .seconds(180)),
            browsers: LocalBrowserSource(logger: logger), configuration: configuration, store: store,
            files: LocalFileStore(directory: "\(directory.path)/files"),
            recipes: RecipeBook(vault: nil, shared: [recipe], logger: logger), logger: logger)
        let session = SessionID(rawValue: "trial-\(UUID())")
        let context = RunContext(
            SessionScope(session, of: nil), run: RunID(rawValue: "run-\(UUID())"), callbacks: .init(emit: { _ in }))
        let started = ContinuousClock.now
        var usage = TokenUsage()
        var answers = self.answers[...]
        var work = AutomationWork.task(
            AutomationTask(
                goal: recipe.summary(.shared).goal(values), allowedDomains: recipe.sites, forbidden: [],
                recipe: .init(name: recipe.name, values: values)))
        var end: End?
        while end == nil {
            switch try await automation.run(work, context, usage: &usage) {
            case .completed(let answer): end = .answered(answer)
            case .notDone(let reason), .outOfBudget(let reason): end = .stopped(reason)
            case .parked(let questions):
                guard answers.count >= questions.count else {
                    end = .asked(questions.map(\.message).joined(separator: " "))
                    break
                }
                work = .resume(
                    zip(questions, answers).map {
                        InterruptAnswer(interruptId: $0.id, status: .resolved, payload: $1)
                    })
                answers = answers.dropFirst(questions.count)
            }
        }
        _ = await automation.abandonPreviousTask(of: context.scope)
        let calls = try await store.read(session.automationRecord)?.transcript.flatMap(\.toolCalls) ?? []
        return Result(
            end: end ?? .stopped(""), isWithAgent: calls.contains { !RecipeModel.isOwn(callID: $0.id) },
            submissions: site.submissions, usage: usage,
            seconds: started.duration(to: .now) / .seconds(1))
    }

    /// In the place of an agent where there is none.
    private struct NoAgent: LanguageModel {
        let name = "none"
        let provider = "ai4ai"
        func abilities() async -> ModelAbilities { ModelAbilities(isProgram: true) }
        func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            AsyncThrowingStream { $0.finish(throwing: ModelError(.refused, "There is no agent.")) }
        }
    }
}
