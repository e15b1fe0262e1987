import AgentEvents
import AgentLoop
import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// What the user has allowed for the rest of a task: a kind of action on one site. This never includes moving money,
/// uploading files, deleting, signing, or entering passwords.
final class TaskAllowances: Sendable {
    /// The kinds that the user can allow for the rest of a task.
    static let kinds: Set<ActionKind> = [.submit, .send]

    struct Allowance: Sendable, Hashable {
        var kind: ActionKind
        /// The site's origin, such as `https://forum.example`.
        var origin: String
    }

    private let all = Mutex<Set<Allowance>>([])

    func allow(_ allowance: Allowance) {
        guard Self.kinds.contains(allowance.kind) else { return }
        self.all.withLock { _ = $0.insert(allowance) }
    }

    /// Revokes allowances: for one kind or all kinds, on one site or all sites.
    func revoke(_ kind: ActionKind?, on origin: String?) {
        self.all.withLock { all in
            all = all.filter { $0.kind != kind ?? $0.kind || $0.origin != origin ?? $0.origin }
        }
    }

    func covers(_ allowance: Allowance) -> Bool { self.all.withLock { $0.contains(allowance) } }
}

extension ApprovalGate {
    /// Returns whether to offer that the user allows this for the rest of the task.
    static func canLast(_ kind: ActionKind, _ target: ActionTarget) -> Bool {
        TaskAllowances.kinds.contains(kind) && target.form?.hasPayment != true && target.origin.hasPrefix("http")
            && !Money.isNamed(in: target.shown)
    }

    /// Records what the user allowed for the rest of the task, after the approved action was performed.
    func remember(_ given: AnsweredInterrupt) {
        let metadata = given.interrupt.metadata
        guard given.isApproved, given.answer.payload?[Self.forTask] == true,
            given.interrupt.responseSchema?["properties"]?[Self.forTask] != nil,
            let kind = metadata?["kind"]?.string.flatMap(ActionKind.init), let origin = metadata?["origin"]?.string
        else { return }
        self.allowances.allow(.init(kind: kind, origin: origin))
    }

    /// The property of an answer that allows the action for the rest of the task.
    static let forTask = "for_task"
}
