import Synchronization
import Testing
import Tracing

@testable import Observability

@Suite("Spans")
struct SpanTests {
    private final class Ended: Sendable {
        let records = Mutex<[RecordedSpan.Record]>([])
    }

    private let ended = Ended()
    private var tracer: SpanTracer { SpanTracer { [ended] span in ended.records.withLock { $0.append(span) } } }
    private var records: [RecordedSpan.Record] { self.ended.records.withLock(\.self) }

    private struct Refused: Error, CustomStringConvertible { var description = "what a person said" }

    @Test("an ended span doesn't change, and ends only once")
    func end() {
        let span = self.tracer.startSpan("work")
        span.end()
        span.attributes["late"] = true
        span.operationName = "other"
        span.end()
        #expect(self.records.map(\.name) == ["work"])
        #expect(self.records[0].attributes.isEmpty && !span.isRecording)
    }

    @Test("the message of an error isn't recorded in the span")
    func failure() throws {
        #expect(throws: Refused.self) { try self.tracer.withSpan("work") { _ in throw Refused() } }
        let span = try #require(self.records.first)
        #expect(span.status?.code == .error)
        #expect(span.events.map(\.name) == ["exception"])
        #expect(!String(reflecting: ExportTraceServiceRequest(resource: [], spans: [span]).bytes).isEmpty)
        #expect(!"\(span)".contains("what a person said"))
    }

    @Test("a propagated trace context is restored by the receiver")
    func propagation() {
        struct Headers: Injector, Extractor {
            func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
                carrier[key] = value
            }
            func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        }
        let span = self.tracer.startSpan("work")
        var headers: [String: String] = [:]
        self.tracer.inject(span.context, into: &headers, using: Headers())
        for name in headers.keys {
            var context = ServiceContext.topLevel
            self.tracer.extract(headers.filter { $0.key == name }, into: &context, using: Headers())
            #expect(context.span == span.context.span, "\(name)")
        }
        #expect(headers.count == 2)
    }

    @Test("every trace and span has a unique ID")
    func ids() {
        for _ in 0..<1000 { self.tracer.startSpan("work").end() }
        #expect(Set(self.records.map(\.context.traceID)).count == 1000)
        #expect(Set(self.records.map(\.context.spanID)).count == 1000)
        #expect(self.records.allSatisfy { $0.context.traceID.utf8.count == 32 && $0.context.spanID.utf8.count == 16 })
    }
}
