/// An error of something that stores data of users. What they're told contains no internals.
public struct StorageError<Code>: Error, Sendable, Hashable, CustomStringConvertible
where Code: RawRepresentable<String> & Sendable & Hashable {
    public let code: Code
    /// What users are told.
    public let description: String
    /// The cause, for the log: it may name paths.
    public let reason: String

    public init(_ code: Code, _ description: String, reason: String = "") {
        self.code = code
        self.description = description
        self.reason = reason
    }
}
