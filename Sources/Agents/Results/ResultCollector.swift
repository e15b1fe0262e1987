import AgentEvents
import AgentLoop
import RuntimeProtocol
import Synchronization

/// Collects what the tasks of a run find for its structured result.
final class ResultCollector: Sendable {
    private let collected = Mutex<StructuredResult?>(nil)

    /// `nil` if no task has delivered a result.
    var result: StructuredResult? { self.collected.withLock { $0 } }

    /// The result as it is stored with the run.
    var stored: JSONValue? { self.result.flatMap { try? JSONValue(encoding: $0) } }

    /// Adds that a run has ended without a result.
    func noteNone(_ outcome: TurnLoop.Outcome) {
        switch outcome {
        case .completed, .notDone: self.add(.nothing("no task on the web gave a result"))
        case .parked, .outOfBudget: break
        }
    }

    /// Adds what a task has found. What it lacks stays as earlier tasks have found it.
    func add(_ found: StructuredResult?) {
        guard let found else { return }
        self.collected.withLock { $0 = $0.map { found.completed(by: $0) } ?? found }
    }
}

extension StructuredResult {
    /// This result, with what another has found in place of what is `null` here. An object takes nothing from one that says
    /// something else of any of its values, because that is about another thing.
    func completed(by other: StructuredResult) -> StructuredResult {
        var taken: [String] = []
        let value = Self.merge(self.value, other.value, at: "", &taken)
        func isTaken(_ path: String) -> Bool { taken.contains { path == $0 || path.hasPrefix("\($0)/") } }
        return StructuredResult(
            value: value, evidence: self.evidence + other.evidence.filter { isTaken($0.path) },
            problems: self.problems.filter { !isTaken($0.path) } + other.problems.filter { isTaken($0.path) })
    }

    private static func merge(
        _ value: JSONValue, _ other: JSONValue, at path: String, _ taken: inout [String]
    ) -> JSONValue {
        switch (value, other) {
        case (.null, .null): return .null
        case (.null, _), (.array([]), .array):
            taken.append(path)
            return other
        case (.object(var members), .object(let others)) where !self.differ(members, others):
            for (name, member) in others.sorted(by: { $0.key < $1.key }) {
                members[name] = self.merge(
                    members[name] ?? .null, member, at: self.path(of: name, in: path), &taken)
            }
            return .object(members)
        default: return value
        }
    }

    private static func differ(_ members: [String: JSONValue], _ others: [String: JSONValue]) -> Bool {
        members.contains { name, member in
            switch (member, others[name] ?? .null) {
            case (.null, _), (_, .null), (.object, _), (.array, _): false
            case (_, let other): member != other
            }
        }
    }
}
