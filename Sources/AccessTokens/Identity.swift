package import AgentEvents
package import FoundationEssentials

/// The identity of an authenticated user.
package struct Identity: Sendable, Hashable {
    package var userID: UserID
    /// The user's sign-in name, if it differs from the ID.
    package var name: String?
    /// When the sign-in expires; `nil` if it never does.
    package var expiresAt: Date?

    package init(userID: UserID, name: String? = nil, expiresAt: Date? = nil) {
        self.userID = userID
        self.name = name
        self.expiresAt = expiresAt
    }
}
