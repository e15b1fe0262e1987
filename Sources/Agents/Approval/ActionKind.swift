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

/// What is done to a control.
public enum BrowserAction: String, Sendable, Codable, CaseIterable {
    case hover
    case click
    case press
    case type
    case fill
    case fillSecret = "fill_secret"
    case select
    case check
    case drag
    case upload
}
