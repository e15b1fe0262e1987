public import AgentEvents
public import Configuration

extension Settings {
    /// What the process tells of itself, and whom. The variables are OpenTelemetry's own, as AgentCore sets them.
    public struct Observability: Sendable, Redacted {
        /// Where spans go.
        public enum Destination: Sendable, Hashable {
            /// The endpoint of CloudWatch in the process's region.
            case cloudWatch
            /// A collector, at the whole address that takes traces.
            case collector(String)
        }

        /// Where spans go; none are made when absent.
        public var destination: Destination?
        /// Sent with each request; they may hold a collector's key.
        public var headers: [String: String] = [:]
        /// The longest that an export may take, in milliseconds.
        public var timeout = 5000
        /// What the process is, in OpenTelemetry's attributes.
        public var resource: [(key: String, value: String)] = []
        /// Whether metrics are written into the log, in CloudWatch's embedded metric format.
        public var writesMetrics = false
        /// Whether spans hold what people, models and pages say.
        public var capturesContent = false

        public init() {}

        /// Reads the settings.
        ///
        /// - Configuration keys, each also an environment variable in capitals with underscores:
        ///   - `agent.observability.enabled` (set by AgentCore): spans go to CloudWatch, metrics into the log
        ///   - `otel.exporter.otlp.traces.endpoint`, or `otel.exporter.otlp.endpoint` to which `/v1/traces` is added: a
        ///     collector, or CloudWatch's own address, which gets signed requests
        ///   - `otel.exporter.otlp.headers`, `otel.exporter.otlp.traces.headers`: as `name=value,name=value`
        ///   - `otel.exporter.otlp.traces.timeout`, `otel.exporter.otlp.timeout` (1 to 5000 milliseconds; more counts as
        ///     5000, the default)
        ///   - `otel.exporter.otlp.protocol`: http/protobuf; no other is spoken
        ///   - `otel.resource.attributes`, `otel.service.name` (default ai4ai)
        ///   - `otel.traces.exporter` as none, or `otel.sdk.disabled`: no spans
        ///   - `otel.metrics.exporter` as none, or `otel.sdk.disabled`: no metrics
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
            // Words for the same, of several versions of OpenTelemetry.
            self.capturesContent = ["true", "span_only", "span_and_event"].contains(
                values.text("otel.instrumentation.genai.capture.message.content")?.lowercased())
            guard try values.flag("otel.sdk.disabled") != true else { return }
            let isOnAgentCore = try values.flag("agent.observability.enabled") ?? false
            // By this attribute CloudWatch knows agents among all that has traces.
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
