import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Limits the domains that the tasks of a coordinator may open.
struct LimitedAutomation: Automation {
    let automation: AutomationAgent
    let domains: [String]

    func run(
        _ work: AutomationWork, _ context: RunContext, usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome {
        guard case .task(var task) = work else {
            return try await self.automation.run(work, context, usage: &usage)
        }
        task.allowedDomains = self.domains
        return try await self.automation.run(.task(task), context, usage: &usage)
    }

    func abandonPreviousTask(of scope: SessionScope) async -> String? {
        await self.automation.abandonPreviousTask(of: scope)
    }

    func control(
        _ request: ControlRequest, in scope: SessionScope
    ) async throws -> ControlState {
        try await self.automation.control(request, in: scope)
    }

    func externalLiveView(
        of scope: SessionScope
    ) async throws -> LiveViewAddress {
        try await self.automation.externalLiveView(of: scope)
    }

    func file(_ request: FileRequest, of scope: SessionScope) async throws -> FileResult {
        try await self.automation.file(request, of: scope)
    }

    func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async throws -> [KeptItem] {
        try await self.automation.keeping(request, in: scope)
    }

    func recipes(_ request: RecipeRequest, in scope: SessionScope) async throws -> RecipeResult {
        try await self.automation.recipes(request, in: scope)
    }

    func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) async throws -> StoredFile? {
        try await self.automation.putFile(piece, in: scope)
    }

    func picture(
        _ id: String, of scope: SessionScope
    ) async throws -> Data? {
        try await self.automation.picture(id, of: scope)
    }

    func forget(_ scope: SessionScope) async throws {
        try await self.automation.forget(scope)
    }
}
