import FoundationEssentials
import HTTPTypes
import Logging

extension RequestContext {
    /// Creates the context from a request's header fields. Never fails: leaves out what can't be parsed.
    init(fields: HTTPFields, logger: Logger, backgroundTasks: BackgroundTasks) {
        func value(_ name: HTTPField.Name) -> String? {
            fields[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        let sessionID = value(.agentCoreSessionID)
        let requestID = value(.agentCoreRequestID) ?? value(.amznRequestID) ?? UUID().uuidString.lowercased()
        var logger = logger
        logger[metadataKey: "request_id"] = "\(requestID)"
        if let sessionID { logger[metadataKey: "session_id"] = "\(sessionID)" }

        self.init(
            sessionID: sessionID,
            requestID: requestID,
            headers: fields.filter { HeaderForwarding.allows($0.name.canonicalName) }
                .map { Header(name: $0.name.rawName, value: $0.value) },
            identity: Identity(
                workloadAccessToken: value(.identityWAT) ?? value(.workloadAccessToken)
                    ?? value(.agentCoreWorkloadAccessToken),
                oauth2CallbackURL: value(.oauth2CallbackURL),
                authorization: value(.authorization)
            ),
            traceID: value(.amznTraceID),
            baggage: Baggage.parse(fields[values: .baggage]),
            logger: logger,
            backgroundTasks: backgroundTasks
        )
    }
}

extension HTTPField.Name {
    // Every literal is a valid field name, which is all that the initializer checks.
    static let agentCoreSessionID = Self("X-Amzn-Bedrock-AgentCore-Runtime-Session-Id")!
    fileprivate static let agentCoreRequestID = Self("X-Amzn-Bedrock-AgentCore-Runtime-Request-Id")!
    fileprivate static let amznRequestID = Self("x-amzn-requestid")!
    fileprivate static let workloadAccessToken = Self("WorkloadAccessToken")!
    fileprivate static let agentCoreWorkloadAccessToken = Self("x-amzn-bedrock-agentcore-runtime-workload-accesstoken")!
    fileprivate static let identityWAT = Self("X-Amz-Bedrock-AgentCore-Identity-WAT")!
    fileprivate static let oauth2CallbackURL = Self("OAuth2CallbackUrl")!
    fileprivate static let amznTraceID = Self("X-Amzn-Trace-Id")!
    fileprivate static let baggage = Self("baggage")!
}
