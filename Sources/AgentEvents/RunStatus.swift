/// The state of a run.
public enum RunStatus: String, Sendable, Codable {
    case running
    case completed
    case interrupted
    case failed
    case stopped
}
