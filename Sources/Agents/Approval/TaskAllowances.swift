import AgentEvents
import AgentLoop
import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// What a person has allowed for the rest of a task: a kind of action on one site. Never what moves money, bears a file,
/// deletes, signs or hands over a password.
final class TaskAllowances: Sendable {
    /// The kinds that can be allowed so.
    static let kinds: Set<ActionKind> = [.submit, .send]

    struct Allowance: Sendable, Hashable {
        var kind: ActionKind
        /// Such as `https://forum.example`.
        var origin: String
    }

    private let all = Mutex<Set<Allowance>>([])

    func allow(_ allowance: Allowance) {
        guard Self.kinds.contains(allowance.kind) else { return }
        self.all.withLock { _ = $0.insert(allowance) }
    }

    /// Revokes what was allowed: of one kind or of all, on one site or on all.
    func revoke(_ kind: ActionKind?, on origin: String?) {
        self.all.withLock { all in
            all = all.filter { $0.kind != kind ?? $0.kind || $0.origin != origin ?? $0.origin }
        }
    }

    func covers(_ allowance: Allowance) -> Bool { self.all.withLock { $0.contains(allowance) } }
}

extension ApprovalGate {
    /// Whether a person can be offered to allow this for the rest of the task.
    static func canLast(_ kind: ActionKind, _ target: ActionTarget) -> Bool {
        TaskAllowances.kinds.contains(kind) && target.form?.hasPayment != true && target.origin.hasPrefix("http")
            && !Money.isNamed(in: target.shown)
    }

    /// Takes note of what a person has allowed for the rest of the task, once it was done as it was asked about.
    func remember(_ given: AnsweredInterrupt) {
        let metadata = given.interrupt.metadata
        guard given.isApproved, given.answer.payload?[Self.forTask] == true,
            given.interrupt.responseSchema?["properties"]?[Self.forTask] != nil,
            let kind = metadata?["kind"]?.string.flatMap(ActionKind.init), let origin = metadata?["origin"]?.string
        else { return }
        self.allowances.allow(.init(kind: kind, origin: origin))
    }

    /// The member of an answer that allows it for the rest of the task.
    static let forTask = "for_task"
}
