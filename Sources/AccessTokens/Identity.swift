package import AgentEvents
package import FoundationEssentials

/// Who is asking, as a sign-in has shown.
package struct Identity: Sendable, Hashable {
    package var userID: UserID
    /// The name that the person signs in by, where it is another than the id.
    package var name: String?
    /// When the sign-in ends; never when absent.
    package var expiresAt: Date?

    package init(userID: UserID, name: String? = nil, expiresAt: Date? = nil) {
        self.userID = userID
        self.name = name
        self.expiresAt = expiresAt
    }
}
