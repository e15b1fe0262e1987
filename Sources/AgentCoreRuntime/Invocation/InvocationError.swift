import FoundationEssentials

/// An error that sets the status of the response.
///
/// AgentCore replaces any 4xx or 5xx response of a container with an opaque 424, so use this error for malformed
/// requests. Report failures of the application in a regular response or event.
public struct InvocationError: Error, Sendable, CustomStringConvertible {
    /// The HTTP status code.
    public var status: Int
    /// What failed, for the `error` member of the JSON body.
    public var message: String
    /// Why it failed and what to do, for the `details` member.
    public var details: String?

    /// Creates an error.
    /// - Parameters:
    ///   - status: The HTTP status code; outside 400 to 599, the response has status 500.
    ///   - message: What failed.
    ///   - details: Why it failed and what to do.
    public init(status: Int, message: String, details: String? = nil) {
        self.status = status
        self.message = message
        self.details = details
    }

    public var description: String { self.details.map { "\(self.message): \($0)" } ?? self.message }

    static func invalidJSON(_ details: String) -> Self {
        Self(status: 400, message: "Invalid JSON", details: details)
    }

    init(_ error: DecodingError, isEmpty: Bool, isJSON: Bool) {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the payload" : path.map(\.stringValue).joined(separator: ".")
        }
        func payload(_ details: String) -> Self { Self(status: 400, message: "Invalid payload", details: details) }
        self =
            switch error {
            case .keyNotFound(let key, let context):
                payload("\(place(context.codingPath + [key])) is missing.")
            case .typeMismatch(let type, let context):
                payload("\(place(context.codingPath)) is not \(Self.name(type)).")
            case .valueNotFound(let type, let context):
                payload("\(place(context.codingPath)) is null; \(Self.name(type)) is expected.")
            case .dataCorrupted(let context) where context.codingPath.isEmpty && isJSON:
                payload("A number has a fraction or is too large for its member.")
            case .dataCorrupted(let context) where context.codingPath.isEmpty:
                .invalidJSON(isEmpty ? "The body is empty." : Self.reason(context))
            case .dataCorrupted(let context):
                payload("\(place(context.codingPath)): \(context.debugDescription)")
            @unknown default:
                payload("\(error)")
            }
    }

    /// The JSON term for a Swift type.
    private static func name(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        default: "\(type)".hasPrefix("Dictionary") ? "an object" : "\(type)".hasPrefix("Array") ? "a list" : "a \(type)"
        }
    }

    /// The parser's message, which includes the position but doesn't quote the body.
    private static func reason(_ context: DecodingError.Context) -> String {
        context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }
}
