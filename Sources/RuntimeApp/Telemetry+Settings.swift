import AgentCoreRuntime
import AgentEvents
import AgentLoop
import Logging
import Observability
import Settings
import Tracing

extension Telemetry {
    /// Creates the telemetry that the settings ask for; `nil` if they ask for none.
    /// - Throws: `AWSError` for invalid AWS settings.
    convenience init?(
        _ wanted: Settings.Observability, _ aws: AWSParts, output: LogOutput, logger: Logger
    ) throws {
        guard wanted.destination != nil || wanted.writesMetrics else { return nil }
        let write: @Sendable (String) -> Void = { output.write($0) }
        let timeout = Duration.milliseconds(wanted.timeout)
        let destination = try wanted.destination.map { place -> SpanDestination in
            switch place {
            case .collector(let url): .collector(url, headers: wanted.headers, timeout: timeout)
            case .cloudWatch: .cloudWatch(try aws.client.get(), headers: wanted.headers, timeout: timeout)
            }
        }
        self.init(
            destination: destination, resource: wanted.resource, writeMetrics: wanted.writesMetrics ? write : nil,
            logger: logger)
    }
}

extension ServiceContext {
    /// Creates the context of a run's spans: the trace of its request, and its session.
    init(_ request: RequestContext, session: SessionID, capturesContent: Bool) {
        self = .current ?? .topLevel
        InstrumentationSystem.instrument.extract(request, into: &self, using: RequestExtractor())
        self.sessionID = session.rawValue
        self.capturesContent = capturesContent
    }
}

private struct RequestExtractor: Extractor {
    func extract(key: String, from request: RequestContext) -> String? {
        request.header(key) ?? (key == "x-amzn-trace-id" ? request.traceID : nil)
    }
}
