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

    func abandonPreviousTask(of session: SessionID, for user: UserID?, _ propagation: Propagation) async -> String? {
        await self.automation.abandonPreviousTask(of: session, for: user, propagation)
    }

    func control(
        _ request: ControlRequest, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> ControlState {
        try await self.automation.control(request, in: session, for: user, propagation)
    }

    func externalLiveView(
        of session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> LiveViewAddress {
        try await self.automation.externalLiveView(of: session, for: user, propagation)
    }

    func file(
        _ id: String, from offset: Int, count: Int, of session: SessionID, for user: UserID?,
        _ propagation: Propagation
    ) async throws -> (file: StoredFile, bytes: Data) {
        try await self.automation.file(id, from: offset, count: count, of: session, for: user, propagation)
    }

    func keeping(
        _ request: KeepingRequest, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> [KeptItem] {
        try await self.automation.keeping(request, in: session, for: user, propagation)
    }

    func putFile(
        _ piece: FilePiece, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> StoredFile? {
        try await self.automation.putFile(piece, in: session, for: user, propagation)
    }

    func picture(
        _ id: String, of session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> Data? {
        try await self.automation.picture(id, of: session, for: user, propagation)
    }

    func forget(_ session: SessionID, for user: UserID?, _ propagation: Propagation) async throws {
        try await self.automation.forget(session, for: user, propagation)
    }
}
