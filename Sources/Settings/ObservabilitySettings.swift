public import AgentEvents
public import Configuration

extension Settings {
    /// The telemetry that the process exports. Uses OpenTelemetry's environment variables, as AgentCore sets them.
    public struct Observability: Sendable, Redacted {
        /// The destination of spans.
        public enum Destination: Sendable, Hashable {
            /// The CloudWatch endpoint in the process's region.
            case cloudWatch
            /// A collector, at its complete traces URL.
            case collector(String)
        }

        /// The destination of spans. No spans are recorded if `nil`.
        public var destination: Destination?
        /// The headers of each export request, which may contain the collector's API key.
        public var headers: [String: String] = [:]
        /// The timeout of an export, in milliseconds.
        public var timeout = 5000
        /// The OpenTelemetry resource attributes that identify the process.
        public var resource: [(key: String, value: String)] = []
        /// Whether metrics are written to the log in CloudWatch's embedded metric format.
        public var writesMetrics = false
        /// Whether spans include the content of messages from users, models, and pages.
        public var capturesContent = false

        public init() {}

        /// Reads the settings.
        ///
        /// - Configuration keys, each also an environment variable in uppercase with underscores:
        ///   - `agent.observability.enabled` (set by AgentCore): exports spans to CloudWatch, and writes metrics to the
        ///     log
        ///   - `otel.exporter.otlp.traces.endpoint`, or `otel.exporter.otlp.endpoint`, to which `/v1/traces` is
        ///     appended: a
        ///     collector, or the CloudWatch endpoint, whose requests are signed
        ///   - `otel.exporter.otlp.headers`, `otel.exporter.otlp.traces.headers`: in the form `name=value,name=value`
        ///   - `otel.exporter.otlp.traces.timeout`, `otel.exporter.otlp.timeout`: 1 to 5000 milliseconds, default 5000;
        ///     higher
        ///     values count as 5000
        ///   - `otel.exporter.otlp.protocol`: http/protobuf, the only supported protocol
        ///   - `otel.resource.attributes`, `otel.service.name` (default ai4ai)
        ///   - `otel.traces.exporter` set to none, or `otel.sdk.disabled`: disables spans
        ///   - `otel.metrics.exporter` set to none, or `otel.sdk.disabled`: disables metrics
        ///   - `otel.instrumentation.genai.capture.message.content` (default false)
        /// - Throws: ``SettingsError``.
        public init(reader: ConfigReader) throws {
            let values = SettingsReader(reader: reader, scope: "")
            self.resource = values.pairs("otel.resource.attributes")
            if let name = values.text("otel.service.name") {
                self.resource.removeAll { $0.key == "service.name" }
                self.resource.append(("service.name", name))
            } else if !self.resource.contains(where: { $0.key == "service.name" }) {
                self.resource.append(("service.name", "ai4ai"))
            }
            // Different versions of OpenTelemetry use different values for the same setting.
            self.capturesContent = ["true", "span_only", "span_and_event"].contains(
                values.text("otel.instrumentation.genai.capture.message.content")?.lowercased())
            guard try values.flag("otel.sdk.disabled") != true else { return }
            let isOnAgentCore = try values.flag("agent.observability.enabled") ?? false
            // CloudWatch identifies agents by this attribute.
            if isOnAgentCore, !self.resource.contains(where: { $0.key == "aws.service.type" }) {
                self.resource.append(("aws.service.type", "gen_ai_agent"))
            }
            self.writesMetrics = isOnAgentCore && values.text("otel.metrics.exporter") != "none"
            guard values.text("otel.traces.exporter") != "none" else { return }
            for key in ["otel.exporter.otlp.headers", "otel.exporter.otlp.traces.headers"] {
                for (name, value) in values.pairs(key) { self.headers[name.lowercased()] = value }
            }
            let most = 5000
            let timeouts = ["otel.exporter.otlp.traces.timeout", "otel.exporter.otlp.timeout"]
            self.timeout = min(
                try timeouts.lazy.compactMap { try values.integer($0, in: 1...Int.max) }.first ?? most, most)
            let traces = try values.url("otel.exporter.otlp.traces.endpoint")
            let all = try values.url("otel.exporter.otlp.endpoint")
            guard let url = traces ?? all.map({ $0.hasSuffix("/") ? "\($0)v1/traces" : "\($0)/v1/traces" }) else {
                self.destination = isOnAgentCore ? .cloudWatch : nil
                return
            }
            self.destination = Self.isCloudWatch(url) ? .cloudWatch : .collector(url)
            for key in ["otel.exporter.otlp.traces.protocol", "otel.exporter.otlp.protocol"] {
                if let spoken = values.text(key), spoken != "http/protobuf" {
                    throw SettingsError(key: key, value: spoken, accepted: "http/protobuf", scope: "")
                }
            }
        }

        private static func isCloudWatch(_ url: String) -> Bool {
            let host = url.split(separator: "/").dropFirst().first ?? ""
            return url.hasPrefix("https://") && host.hasPrefix("xray.") && host.hasSuffix(".amazonaws.com")
        }
    }
}
