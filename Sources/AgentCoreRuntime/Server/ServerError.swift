/// An error that prevents the server from starting.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of errors.
    public enum Code: Sendable, Hashable {
        /// The server can't bind the address or port.
        case cannotListen
    }

    public let code: Code
    /// What failed, with which value, why, and what to do.
    public let message: String

    public var description: String { self.message }
}
