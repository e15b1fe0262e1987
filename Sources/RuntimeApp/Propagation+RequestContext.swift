import AgentCoreRuntime
import Agents

extension Propagation {
    /// Extracts what a request forwards to the runtimes it calls: its trace context, baggage, custom headers, and
    /// identity.
    init(_ context: RequestContext) {
        var headers: [String: String] = [:]
        for header in context.headers {
            let name = header.name.lowercased()
            if ["traceparent", "tracestate", "baggage", "x-amz-bedrock-agentcore-identity-wat"].contains(name)
                || name.hasPrefix("x-amzn-bedrock-agentcore-runtime-custom-")
            {
                headers[name] = header.value
            }
        }
        headers["x-amzn-trace-id"] = context.traceID
        self.init(headers: headers, bearerToken: context.identity.bearerToken)
    }
}

extension RequestContext.Identity {
    /// The bearer token in `Authorization`, if there is one.
    var bearerToken: String? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        return String(authorization.dropFirst("bearer ".count))
    }
}
