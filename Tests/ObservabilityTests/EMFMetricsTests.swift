import AgentEvents
import Metrics
import Synchronization
import Testing

@testable import Observability

@Suite("Embedded metric format")
struct EMFMetricsTests {
    /// Collects the written lines as JSON.
    private final class Lines: Sendable {
        private let texts = Mutex<[String]>([])

        func add(_ text: String) { self.texts.withLock { $0.append(text) } }

        var all: [JSONValue] {
            get throws { try self.texts.withLock(\.self).map { try JSONValue(json: $0) } }
        }
    }

    private let lines = Lines()
    private let metrics: EMFMetrics

    init() {
        self.metrics = EMFMetrics(service: "errands", write: { [lines] in lines.add($0) }, onRecording: {})
    }

    private func values(_ name: String) throws -> [[Double]] {
        try self.lines.all.compactMap { $0[name]?.array?.compactMap(\.double) }
    }

    @Test("the increments of a counter are summed, and the sum restarts after each write")
    func counter() throws {
        for _ in 0..<3 { Counter(label: "runs", dimensions: [], factory: self.metrics).increment(by: 2) }
        self.metrics.write()
        Counter(label: "runs", dimensions: [], factory: self.metrics).increment()
        self.metrics.write()
        #expect(try self.values("runs") == [[6], [1]])
    }

    @Test("no line has more values than CloudWatch accepts")
    func manyValues() throws {
        for value in 0..<250 { Recorder(label: "tokens", factory: self.metrics).record(value) }
        self.metrics.write()
        #expect(try self.values("tokens").map(\.count) == [100, 100, 50])
        #expect(try self.values("tokens").flatMap(\.self) == (0..<250).map(Double.init))
    }

    @Test("a gauge reports only its last value")
    func gauge() throws {
        for value in 1...3 { Gauge(label: "open", factory: self.metrics).record(value) }
        self.metrics.write()
        #expect(try self.values("open") == [[3]])
    }

    @Test("values with different dimensions are on separate lines")
    func dimensions() throws {
        for tool in ["click", "fill"] {
            Timer(label: "time", dimensions: [("tool", tool)], factory: self.metrics).recordMilliseconds(5)
        }
        self.metrics.write()
        #expect(try Set(self.lines.all.map { $0["tool"]?.string }) == ["click", "fill"])
        #expect(try self.values("time") == [[5], [5]])
    }

    @Test("nothing is written without measurements")
    func nothing() throws {
        self.metrics.write()
        #expect(try self.lines.all.isEmpty)
    }
}
