import AgentEvents
import AgentLoop
import RuntimeProtocol

extension AutomationAgent {
    /// The structured result of a task that was asked for one.
    func result(
        of task: AutomationTask, _ outcome: TurnLoop.Outcome, _ evidence: EvidenceLog, usage: inout TokenUsage
    ) async throws -> StructuredResult? {
        guard let schema = task.result else { return nil }
        guard case .completed(let report) = outcome else { return .nothing("the task was not done") }
        let writer = ResultWriter(model: self.model, schema: try ResultSchema(schema), goal: task.goal)
        do {
            return try await writer.write(report: report, evidence: evidence, usage: &usage)
        } catch let error as ModelError {
            // What the task has done stays done: a caller that hears of a failure would ask for it again.
            return .nothing("the result could not be written: \(error)")
        }
    }
}
