import TextCoding
package import Tracing

/// The identity of a span.
///
/// Source: W3C Trace Context, "Traceparent header field values".
package struct SpanContext: Sendable, Hashable {
    /// 32 hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 hexadecimal digits, not all zero.
    package let spanID: String

    package init(traceID: String, spanID: String) {
        self.traceID = traceID
        self.spanID = spanID
    }

    /// Creates the context of a child span, or of the first span of a new trace. IDs are generated on demand, so that
    /// two processes restored from one snapshot don't generate the same ones.
    static func new(below parent: SpanContext?) -> SpanContext {
        SpanContext(
            traceID: parent?.traceID ?? Self.part() + Self.part(),
            spanID: Self.part())
    }
}

extension SpanContext {
    private static func part() -> String { UInt64.random(in: 1...UInt64.max).hexadecimal }
}

extension ServiceContext {
    private enum SpanContextKey: ServiceContextKey { typealias Value = SpanContext }
    private enum SessionIDKey: ServiceContextKey { typealias Value = String }

    /// The current span.
    package var span: SpanContext? {
        get { self[SpanContextKey.self] }
        set { self[SpanContextKey.self] = newValue }
    }

    /// The session ID that all child spans carry as `session.id`.
    package var sessionID: String? {
        get { self[SessionIDKey.self] }
        set { self[SessionIDKey.self] = newValue }
    }
}
