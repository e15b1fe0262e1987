/// The kind of an action on a page, by its consequences.
public enum ActionKind: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// The action only leads to other pages.
    case look
    /// The action can be undone, or nothing has been submitted yet.
    case change
    case submit
    case pay
    case send
    case sign
    case delete
    case upload
    /// The action signs in, or enters a password.
    case credentials
}
