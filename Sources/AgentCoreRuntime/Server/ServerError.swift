/// Why the server could not start.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The address or port cannot be bound.
        case cannotListen
    }

    public let code: Code
    /// What failed, with which value, why, and what to do.
    public let message: String

    public var description: String { self.message }
}
