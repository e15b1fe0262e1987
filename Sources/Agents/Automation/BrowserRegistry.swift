package import AgentEvents
import AgentLoop
package import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol
public import ServiceLifecycle

/// Where a task is worked on.
struct TaskContext: Sendable {
    let holder: TaskBrowser
    /// What the person gave for certain sites only.
    let secrets: SecretStore
    let offers: HandoffDetector
    /// What the sites have shown.
    let seen: CrossOriginDataTracker
    let places: NamedPlaces
    let names: ElementLabels
    let effects: EffectGuard
    let allowances: TaskAllowances
}

/// The browsers of this process's open tasks, by session: at work, or parked with a question.
///
/// As a service it ends with the process: browsers that outlive it are left to the next one, the others end.
public actor BrowserRegistry: Service {
    private struct Entry {
        var taskContext: TaskContext
        /// Ends a parked one that is not resumed in time.
        var expiry: Task<Void, Never>?
        var control: UserControl?
    }

    private static let lease = 45

    private var places: [SessionID: Entry] = [:]
    private var isShuttingDown = false

    func begin(_ session: SessionID, _ taskContext: TaskContext) async {
        await self.end(session)
        self.places[session] = Entry(taskContext: taskContext)
    }

    /// Keeps the browser until the person has answered, or until it is too late for that.
    func park(_ session: SessionID, until date: Date, onExpiry: @escaping @Sendable () async -> Void) async {
        if self.isShuttingDown { return await self.leave(session) }
        self.places[session]?.expiry?.cancel()
        self.places[session]?.expiry = Task {
            let left = max(date.timeIntervalSinceNow, 0)
            guard (try? await Task.sleep(for: .seconds(left))) != nil else { return }
            await onExpiry()
        }
    }

    /// The context of the task that was parked, if it is still there. A person who had control has given it back by answering.
    func resume(_ session: SessionID) -> TaskContext? {
        self.places[session]?.expiry?.cancel()
        self.places[session]?.expiry = nil
        self.places[session]?.control?.release()
        self.places[session]?.control = nil
        return self.places[session]?.taskContext
    }

    func end(_ session: SessionID) async {
        guard let place = self.places.removeValue(forKey: session) else { return }
        await withoutCancellation {
            place.expiry?.cancel()
            await place.taskContext.holder.close()
        }
    }

    public func run() async throws {
        try? await gracefulShutdown()
        self.isShuttingDown = true
        // Those at work end with their runs.
        for session in self.places.filter({ $0.value.expiry != nil }).keys { await self.leave(session) }
    }

    private func leave(_ session: SessionID) async {
        guard let place = self.places.removeValue(forKey: session) else { return }
        place.expiry?.cancel()
        await place.taskContext.holder.leave()
    }

    // MARK: People

    /// The browser that a person may look at and take over.
    package func browser(of session: SessionID) async -> BrowserSession? {
        await self.places[session]?.taskContext.holder.running
    }

    /// The control that a person has of a session's browser.
    /// - Throws: ``RunRejection`` where that has ended.
    package func control(_ id: Int?, in session: SessionID) throws -> UserControl {
        guard let control = self.places[session]?.control, control.isActive, id == nil || control.id == id else {
            throw RunRejection.unknownControl
        }
        return control
    }

    func control(_ request: ControlRequest, in session: SessionID) async throws -> ControlState {
        switch request.action {
        case .take:
            guard let browser = await self.browser(of: session) else { throw RunRejection.noBrowser }
            do {
                let control = try await browser.takeControl(for: .seconds(Self.lease))
                self.places[session]?.control = control
                return ControlState(owner: "person", controlID: control.id, leaseSeconds: Self.lease)
            } catch let error as BrowserError where error.code == .controlTaken {
                throw RunRejection.controlDenied(
                    "Someone else is controlling the browser. Try again when they are done.")
            }
        case .renew:
            let control = try self.control(request.controlID, in: session)
            try control.renew(for: .seconds(Self.lease))
            return ControlState(owner: "person", controlID: control.id, leaseSeconds: Self.lease)
        case .release:
            try self.control(request.controlID, in: session).release()
            self.places[session]?.control = nil
            return ControlState(owner: "agent")
        case .revoke:
            self.places[session]?.taskContext.allowances.revoke(request.kind, on: request.origin)
            return ControlState(owner: self.places[session]?.control?.isActive == true ? "person" : "agent")
        case .stop, .forget, .liveView: return ControlState(owner: "agent")
        }
    }
}
