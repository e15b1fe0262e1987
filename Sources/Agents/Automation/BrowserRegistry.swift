package import AgentEvents
import AgentLoop
package import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol
public import ServiceLifecycle

/// The state that a task's tools share: its browser, secrets, and safety checks.
struct TaskContext: Sendable {
    let holder: TaskBrowser
    /// Secrets that the user provided, each for specific sites.
    let secrets: SecretStore
    let offers: HandoffDetector
    /// The text that each site has shown during the task.
    let seen: CrossOriginDataTracker
    let places: NamedPlaces
    let names: ElementLabels
    let effects: EffectGuard
    let allowances: TaskAllowances
    let files: TaskFiles
    let signIns: SignIns
    let keptSecrets: KeptSecrets
    /// What the pages of the task have shown, for its structured result.
    let evidence: EvidenceLog
}

/// The browsers of this process's open tasks, by session: in use by a run, or parked while a question waits for its
/// answer.
///
/// Run it as a service. On shutdown, browsers that outlive the process are left for the next one, and all others close.
public actor BrowserRegistry: Service {
    private struct Entry {
        var taskContext: TaskContext
        /// Ends a parked task that is not resumed in time.
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

    /// Keeps the task until the user answers or the question expires, and its browser for some of that time.
    func park(
        _ session: SessionID, until date: Date, browserFor timeout: Duration,
        onExpiry: @escaping @Sendable () async -> Void
    ) async {
        if self.isShuttingDown { return await self.leave(session) }
        self.places[session]?.expiry?.cancel()
        self.places[session]?.expiry = Task {
            let left = Duration.seconds(max(date.timeIntervalSinceNow, 0))
            // Not before the question is shown: a page may take its time to answer.
            await self.remember(session)
            do {
                if timeout < left {
                    try await Task.sleep(for: timeout)
                    try await self.rest(session)
                }
                try await Task.sleep(for: .seconds(max(date.timeIntervalSinceNow, 0)))
            } catch {
                return
            }
            await onExpiry()
        }
    }

    private func remember(_ session: SessionID) async { await self.places[session]?.taskContext.holder.remember() }

    /// Closes the browser of a task that waits, once nobody works in it.
    private func rest(_ session: SessionID) async throws {
        while self.places[session]?.control?.isActive == true { try await Task.sleep(for: .seconds(Self.lease)) }
        await self.places[session]?.taskContext.holder.rest()
    }

    /// Returns the context of the parked task, if it is still open. Answering releases the user's control of the
    /// browser.
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
        // Browsers in use close when their runs end.
        for session in self.places.filter({ $0.value.expiry != nil }).keys { await self.leave(session) }
    }

    /// Leaves a task that waits to the process that gets its answer.
    func leave(_ session: SessionID) async {
        guard let place = self.places.removeValue(forKey: session) else { return }
        place.expiry?.cancel()
        await place.taskContext.holder.leave()
    }

    // MARK: User control

    /// Returns the running browser, which the user can watch and take over.
    package func browser(of session: SessionID) async -> BrowserSession? {
        await self.places[session]?.taskContext.holder.running
    }

    /// Returns the user's active control of a session's browser.
    /// - Throws: ``RunRejection`` if the control has ended.
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
