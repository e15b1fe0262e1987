public import AgentEvents
public import AgentLoop
import BrowserAutomation
public import FoundationEssentials
public import RuntimeProtocol

/// The context of a run: its session, its user, and its callbacks. The task itself is passed separately.
public struct RunContext: Sendable {
    public var scope: SessionScope
    public var run: RunID
    public var callbacks: TurnLoop.Callbacks
    /// Takes the structured result of a task that was asked for one.
    public var deliver: @Sendable (StructuredResult) -> Void = { _ in }
    /// Long-term memories about the user, for the coordinator's prompt.
    public var recalled: String?
    /// The recipes that the user can repeat.
    public var recipes: [RecipeSummary] = []
    /// The recipe that the user has chosen for this message.
    public var recipe: RecipeCall?
    /// The JSON Schema of the result that the run's tasks are asked for.
    public var resultSchema: JSONValue?

    public init(_ scope: SessionScope, run: RunID, callbacks: TurnLoop.Callbacks) {
        self.scope = scope
        self.run = run
        self.callbacks = callbacks
    }

    public var session: SessionID { self.scope.session }
    public var user: UserID? { self.scope.user }
}

/// The input of an automation run.
public enum AutomationWork: Sendable {
    case task(AutomationTask)
    /// Resumes the session's interrupted task with the user's answers.
    case resume([InterruptAnswer])
}

/// Does web tasks, in this process or in a remote runtime. The caller sees no difference.
public protocol Automation: Sendable {
    /// Runs until the task ends or needs user input.
    /// - Parameter usage: The model's token usage is added to this value.
    /// - Throws: ``ModelError``, `CancellationError`, any error from saving the run, or ``RunRejection`` if the answers
    ///   are not accepted.
    func run(
        _ work: AutomationWork, _ context: RunContext, usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome

    /// Ends a session's unfinished task, which is left when a process was killed or a question will not be answered.
    /// - Returns: A summary of the task's progress, written for a model; `nil` if there was no unfinished task.
    func abandonPreviousTask(of scope: SessionScope) async -> String?

    /// Takes, renews, or releases the user's control of the session's browser.
    /// - Throws: An error that explains why control cannot change.
    func control(
        _ request: ControlRequest, in scope: SessionScope
    ) async throws -> ControlState

    /// Returns the address where the user can watch the session's browser without going through this process.
    /// - Throws: An error that explains why there is no such address.
    func externalLiveView(
        of scope: SessionScope
    ) async throws -> LiveViewAddress

    /// Returns the JPEG screenshot of a step, identified by its tool call; `nil` if none was stored.
    /// - Throws: An error that explains why the screenshot cannot be loaded.
    func picture(
        _ id: String, of scope: SessionScope
    ) async throws -> Data?

    /// Lists, reads, or removes files of the session.
    /// - Throws: An error that explains why that can't be done.
    func file(_ request: FileRequest, of scope: SessionScope) async throws -> FileResult

    /// Keeps a piece of a file that the user attaches.
    /// - Returns: The file, once it is complete.
    /// - Throws: An error that explains why the file cannot be kept.
    func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) async throws -> StoredFile?

    /// Lists, keeps, or forgets what is kept for a user between tasks.
    /// - Parameter scope: Its session says where the request goes; what is kept belongs to the user.
    /// - Returns: Everything that is kept afterwards.
    /// - Throws: An error that explains why that can't be done.
    func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async throws -> [KeptItem]

    /// Lists, makes, changes, or removes the user's recipes.
    /// - Parameter scope: Its session is the one whose task a recipe is made of.
    /// - Throws: An error that explains why that can't be done.
    func recipes(_ request: RecipeRequest, in scope: SessionScope) async throws -> RecipeResult

    /// Ends the session's unfinished task and deletes its stored data. Safe to call repeatedly.
    /// - Throws: An error that explains why some data could not be deleted.
    func forget(_ scope: SessionScope) async throws
}

extension SessionID {
    /// The id under which the automation agent stores its run record. It differs from the session's own id because the
    /// coordinator writes under that id at the same time, possibly from another runtime.
    package var automationRecord: SessionID { SessionID(rawValue: "\(self)#automation") }
}
