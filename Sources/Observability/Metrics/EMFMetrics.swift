import AgentEvents
import CoreMetrics
import FoundationEssentials
import Synchronization

/// Collects metrics and writes them as log lines from which CloudWatch extracts metrics.
///
/// Source: Amazon CloudWatch user guide, "Specification: Embedded metric format".
final class EMFMetrics: MetricsFactory {
    fileprivate struct Name: Hashable {
        struct Dimension: Hashable {
            let name: String
            let value: String
        }

        let label: String
        let dimensions: [Dimension]
    }

    fileprivate struct Series {
        var unit: String
        var values: [Double] = []
    }

    /// The only namespace that a runtime's role may write to.
    private static let namespace = "bedrock-agentcore"
    /// The maximum number of values of a metric per line.
    private static let mostValues = 100

    private let service: String?
    private let output: @Sendable (String) -> Void
    private let onRecording: @Sendable () -> Void
    private let series = Mutex<[Name: Series]>([:])

    /// - Parameters:
    ///   - service: The value of the `service.name` dimension of all metrics, if known.
    ///   - write: Writes a line, which includes its line break.
    ///   - onRecording: Called after each recorded value.
    init(
        service: String?, write: @escaping @Sendable (String) -> Void, onRecording: @escaping @Sendable () -> Void
    ) {
        self.service = service
        self.output = write
        self.onRecording = onRecording
    }

    /// Writes the values recorded since the last call.
    func write() {
        let series = self.series.withLock { series in
            defer { series = [:] }
            return series
        }
        for (name, series) in series.sorted(by: { $0.key.label < $1.key.label }) {
            var rest = series.values[...]
            while !rest.isEmpty {
                self.output(self.line(name, series.unit, rest.prefix(Self.mostValues)))
                rest = rest.dropFirst(Self.mostValues)
            }
        }
    }

    private func line(_ name: Name, _ unit: String, _ values: ArraySlice<Double>) -> String {
        var dimensions = name.dimensions
        if let service { dimensions.insert(.init(name: "service.name", value: service), at: 0) }
        let metric: JSONValue = ["Name": .string(name.label), "Unit": .string(unit)]
        let directive: JSONValue = [
            "Namespace": .string(Self.namespace), "Dimensions": [.array(dimensions.map { .string($0.name) })],
            "Metrics": [metric],
        ]
        var members: [String: JSONValue] = [
            "_aws": [
                "Timestamp": .number((Date().timeIntervalSince1970 * 1000).rounded()),
                "CloudWatchMetrics": [directive],
            ],
            name.label: .array(values.map { .number($0) }),
        ]
        for dimension in dimensions { members[dimension.name] = .string(dimension.value) }
        return JSONValue.object(members).json + "\n"
    }

    // MARK: Recording

    fileprivate func record(_ name: Name, _ unit: String, _ change: (inout [Double]) -> Void) {
        self.series.withLock { change(&$0[name, default: Series(unit: unit)].values) }
        self.onRecording()
    }

    private func handler(
        _ label: String, _ dimensions: [(String, String)], unit: String = "None", keepsAll: Bool = true
    ) -> Handler {
        let name = Name(label: label, dimensions: dimensions.map { .init(name: $0.0, value: $0.1) })
        return Handler(metrics: self, name: name, unit: unit, keepsAll: keepsAll)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.handler(label, dimensions, unit: "Count")
    }

    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        self.handler(label, dimensions, keepsAll: aggregate)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.handler(label, dimensions, unit: "Milliseconds")
    }

    // Handlers hold no state.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// Forwards one metric's values, whatever its type.
private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
    private let metrics: EMFMetrics
    private let name: EMFMetrics.Name
    private let unit: String
    private let keepsAll: Bool

    init(metrics: EMFMetrics, name: EMFMetrics.Name, unit: String, keepsAll: Bool) {
        self.metrics = metrics
        self.name = name
        self.unit = unit
        self.keepsAll = keepsAll
    }

    /// Keeps only the sum, which is all that a counter reports.
    func increment(by amount: Int64) {
        self.metrics.record(self.name, self.unit) { $0 = [($0.first ?? 0) + Double(amount)] }
    }

    func reset() { self.metrics.record(self.name, self.unit) { $0 = [] } }

    func record(_ value: Double) {
        self.metrics.record(self.name, self.unit) { values in
            if self.keepsAll { values.append(value) } else { values = [value] }
        }
    }

    func record(_ value: Int64) { self.record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { self.record(Double(duration) / 1_000_000) }
}
