import AgentEvents
import FoundationEssentials

/// Who is asking, as a sign-in has shown.
struct Identity: Sendable, Hashable {
    var userID: UserID
    /// The name that the person signs in by, where it is another than the id.
    var name: String?
    /// When the sign-in ends; never when absent.
    var expiresAt: Date?
}
