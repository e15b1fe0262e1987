/// An action on an element of a page.
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
