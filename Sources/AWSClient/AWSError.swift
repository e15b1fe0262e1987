package import AgentEvents

/// What went wrong with AWS. Holds no credentials.
package struct AWSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: Sendable, Hashable {
        /// A value that cannot be sent: region, endpoint, ARN, identifier.
        case invalidInput
        /// No credentials were found, or their source failed.
        case noCredentials
        /// The service does not know the key, or the signature is not that of its secret.
        case badCredentials
        /// Temporary credentials are past their end.
        case expiredCredentials
        /// This machine's clock is too far from the service's.
        case clockSkew
        case accessDenied
        case notFound
        /// The request does not fit the service's rules.
        case validation
        case throttled
        /// Another request is in the way; worth another try.
        case conflict
        /// A condition of a conditional write does not hold.
        case conditionFailed
        case quotaExceeded
        /// The service cannot be reached, or the connection broke.
        case unreachable
        case timedOut
        case serverFailure
        /// The answer cannot be read.
        case badAnswer
        /// Anything else that the service refused.
        case refused
    }

    package var code: Code
    /// What failed and why.
    package var message: String
    /// What to do about it.
    package var remedy: String?
    /// The service's own name of the error, such as `ThrottlingException`.
    package var type: String?
    /// The HTTP status.
    package var status: Int?
    /// What AWS calls the request by, for its support.
    package var requestID: String?
    /// The service's whole answer to a conditional write: it may hold the item that stood in the way.
    package var details: JSONValue?
    /// How long the service asks to wait, in seconds.
    package var retryAfter: Double?

    package init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    package var description: String {
        var text = self.message
        if let remedy { text += " \(remedy)" }
        if let requestID { text += " (request \(requestID))" }
        return text
    }

    /// Whether the same request may succeed a moment later.
    package var isTransient: Bool {
        [.throttled, .conflict, .unreachable, .timedOut, .serverFailure].contains(self.code)
    }
}
