import AgentCoreRuntime
import Agents

extension Propagation {
    /// What of a request goes on to the runtimes that it leads to: its trace, its baggage, and who it is for.
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
        let authorization = context.identity.authorization ?? ""
        self.init(
            headers: headers,
            bearerToken: authorization.lowercased().hasPrefix("bearer ") ? String(authorization.dropFirst(7)) : nil)
    }
}
