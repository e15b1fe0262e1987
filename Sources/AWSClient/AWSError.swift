package import AgentEvents

/// An error from AWS, or from sending a request to it. Contains no credentials.
package struct AWSError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// A value that can't be sent: a region, endpoint, ARN, or identifier.
        case invalidInput
        /// No credentials were found, or their source failed.
        case noCredentials
        /// The service doesn't know the access key, or the signature doesn't match the key's secret.
        case badCredentials
        /// The temporary credentials have expired.
        case expiredCredentials
        /// The local clock differs too much from the service's clock.
        case clockSkew
        case accessDenied
        case notFound
        /// The request violates the service's validation rules.
        case validation
        case throttled
        /// The request conflicts with another request; a retry can succeed.
        case conflict
        /// The condition of a conditional write isn't met.
        case conditionFailed
        case quotaExceeded
        /// The service can't be reached, or the connection was lost.
        case unreachable
        case timedOut
        case serverFailure
        /// The response can't be parsed.
        case badAnswer
        /// Any other error response from the service.
        case refused
    }

    package var code: Code
    /// What failed and why.
    package var message: String
    /// What to do about the error.
    package var remedy: String?
    /// The service's name for the error, such as `ThrottlingException`.
    package var type: String?
    /// The HTTP status code.
    package var status: Int?
    /// The request ID, which AWS Support asks for.
    package var requestID: String?
    /// The full response to a failed conditional write; it can contain the item that didn't meet the condition.
    package var details: JSONValue?
    /// How long the service asks the client to wait before a retry, in seconds.
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

    /// Whether the same request might succeed on a retry.
    package var isTransient: Bool {
        [.throttled, .conflict, .unreachable, .timedOut, .serverFailure].contains(self.code)
    }
}
