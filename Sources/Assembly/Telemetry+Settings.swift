import AgentCoreRuntime
import AgentEvents
import AgentLoop
import Logging
import Observability
import Settings
import Tracing

extension Telemetry {
    /// What the settings ask for; `nil` where that is nothing.
    /// - Throws: `AWSError` for AWS settings that cannot be used.
    convenience init?(_ settings: Settings, output: LogOutput, logger: Logger) throws {
        let wanted = settings.observability
        guard wanted.destination != nil || wanted.writesMetrics else { return nil }
        let write: @Sendable (String) -> Void = { output.write($0) }
        let destination = try wanted.destination.map { try SpanDestination($0, settings, logger) }
        self.init(
            destination: destination, resource: wanted.resource, writeMetrics: wanted.writesMetrics ? write : nil,
            logger: logger)
    }
}

extension SpanDestination {
    fileprivate init(_ wanted: Settings.Observability.Destination, _ settings: Settings, _ logger: Logger) throws {
        let headers = settings.observability.headers
        let timeout = Duration.milliseconds(settings.observability.timeout)
        switch wanted {
        case .collector(let url): self = .collector(url, headers: headers, timeout: timeout)
        case .cloudWatch:
            let client = try AWSParts(settings, logger: logger).client.get()
            self = .cloudWatch(client, headers: headers, timeout: timeout)
        }
    }
}

extension ServiceContext {
    /// What a run's spans belong to: the trace that its request came with, and its session.
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
