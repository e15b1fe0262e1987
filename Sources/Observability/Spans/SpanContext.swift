package import Tracing

/// Which span a piece of work belongs to.
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

    /// A span below another one, or the first of a new trace. Ids are drawn when they are needed: two processes that
    /// were started from one snapshot must not draw the same.
    static func new(below parent: SpanContext?) -> SpanContext {
        SpanContext(
            traceID: parent?.traceID ?? hex(.random(in: 1...UInt64.max)) + hex(.random(in: 1...UInt64.max)),
            spanID: hex(.random(in: 1...UInt64.max)))
    }

    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ServiceContext {
    private enum SpanContextKey: ServiceContextKey { typealias Value = SpanContext }
    private enum SessionIDKey: ServiceContextKey { typealias Value = String }

    /// The span under way.
    package var span: SpanContext? {
        get { self[SpanContextKey.self] }
        set { self[SpanContextKey.self] = newValue }
    }

    /// The session that all spans below carry as `session.id`.
    package var sessionID: String? {
        get { self[SessionIDKey.self] }
        set { self[SessionIDKey.self] = newValue }
    }
}
