import Synchronization
package import Tracing

/// A span in progress. Immutable once it has ended.
package final class RecordedSpan: Span {
    /// The data of a span.
    struct Record: Sendable {
        let context: SpanContext
        let parent: SpanContext?
        let kind: SpanKind
        let start: UInt64
        var name: String
        var attributes: SpanAttributes
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var status: SpanStatus?
        /// In nanoseconds since 1970, like the start; `nil` while the span is in progress.
        var end: UInt64?
    }

    /// Limits the size of a span, because CloudWatch rejects spans larger than 200 KB.
    private static let mostEvents = 128

    package let context: ServiceContext
    private let record: Mutex<Record>
    private let finish: @Sendable (Record) -> Void

    init(_ record: Record, in context: ServiceContext, finish: @escaping @Sendable (Record) -> Void) {
        self.context = context
        self.record = Mutex(record)
        self.finish = finish
    }

    package var operationName: String {
        get { self.record.withLock(\.name) }
        set { self.change { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { self.record.withLock(\.attributes) }
        set { self.change { $0.attributes = newValue } }
    }

    package var isRecording: Bool { self.record.withLock { $0.end == nil } }

    package func setStatus(_ status: SpanStatus) { self.change { $0.status = status } }

    package func addEvent(_ event: SpanEvent) {
        self.change { if $0.events.count < Self.mostEvents { $0.events.append(event) } }
    }

    package func addLink(_ link: SpanLink) {
        self.change { if $0.links.count < Self.mostEvents { $0.links.append(link) } }
    }

    /// Records the error's type only, because its message may quote a page or the user.
    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        self.addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let end = instant().nanosecondsSinceEpoch
        let ended = self.record.withLock { record -> Record? in
            guard record.end == nil else { return nil }
            record.end = max(end, record.start)
            return record
        }
        if let ended { self.finish(ended) }
    }

    private func change(_ body: (inout sending Record) -> Void) {
        self.record.withLock { record in
            guard record.end == nil else { return }
            body(&record)
        }
    }
}
