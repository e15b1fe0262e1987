import AgentEvents
import RuntimeProtocol

/// An error with a machine-readable code.
package protocol CodedError: Error {
    var code: String { get }
}

extension ResultSchema.Unsupported: CodedError {
    package var code: String { "bad_schema" }
}

/// The reason that a request is rejected. Nothing was done, and nothing has changed.
enum RunRejection: CodedError, Hashable, CustomStringConvertible {
    case forbidden
    case busy
    /// A message that asks for a structured result came while a question waits.
    case questionWaits
    case deleted
    case nothingToResume
    case unknownInterrupt(InterruptID)
    case alreadyAnswered(InterruptID)
    case expired(InterruptID)
    case missingAnswers([InterruptID])
    case unfitAnswer(InterruptID, String)
    case noSuchRun(RunID)
    case noBrowser
    case controlDenied(String)
    case unknownControl
    case noExternalLiveView
    case noSuchPicture(String)

    /// The machine-readable reason.
    var code: String {
        switch self {
        case .forbidden: "forbidden"
        case .busy, .questionWaits: "busy"
        case .deleted: "deleted"
        case .nothingToResume, .unknownInterrupt, .alreadyAnswered: "stale_answer"
        case .expired: "expired"
        case .missingAnswers: "missing_answers"
        case .unfitAnswer: "unfit_answer"
        case .noSuchRun: "no_such_run"
        case .noBrowser: "no_browser"
        case .controlDenied, .unknownControl: "control_denied"
        case .noExternalLiveView: "no_outside_view"
        case .noSuchPicture: "no_such_picture"
        }
    }

    var description: String {
        switch self {
        case .forbidden: "This session belongs to somebody else. Start a new session."
        case .deleted: "This chat was just deleted. Start a new one."
        case .busy: "This session is busy with another task. Wait for it to finish, or stop it."
        case .questionWaits:
            "A question of this session waits for its answer. Answer it, or stop its task, before asking for a result."
        case .nothingToResume: "This session isn't waiting for an answer."
        case .unknownInterrupt(let id): "This session has no open question \(id). Reload it to see what is open."
        case .alreadyAnswered(let id): "\(id) has been answered already."
        case .expired(let id): "The question \(id) has expired, so the task was stopped. Send the request again."
        case .missingAnswers(let ids):
            "Answer all open questions together. Still missing: \(ids.map(\.rawValue).joined(separator: ", "))."
        case .unfitAnswer(let id, let reason): "The answer to \(id) does not fit: \(reason)"
        case .noSuchRun(let run): "There is no run \(run) in this session."
        case .noBrowser: "No browser is open in this session."
        case .controlDenied(let why): why
        case .unknownControl: "Your control of the browser has ended. Take control again."
        case .noExternalLiveView: "This browser can only be watched through the runtime. Connect to its /ws."
        case .noSuchPicture(let id): "No picture of the step '\(id)' is kept in this session."
        }
    }
}
