/// How far an action on a page reaches.
public enum ActionKind: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// It only leads to other pages.
    case look
    /// It can be changed back, or nothing has been handed over yet.
    case change
    case submit
    case pay
    case send
    case sign
    case delete
    case upload
    /// It logs in, or hands over a password.
    case credentials
}
