import TextCoding
import Tracing

/// The body of an export request.
///
/// Source: opentelemetry-proto, `trace/v1/trace.proto`, `common/v1/common.proto`, and `resource/v1/resource.proto`,
/// which define the field numbers.
struct ExportTraceServiceRequest {
    /// AWS evaluates agents by spans whose scope starts with `opentelemetry.instrumentation.`.
    private static let scope = "opentelemetry.instrumentation.ai4ai"
    /// The maximum size of a text attribute, in bytes. CloudWatch rejects spans larger than 200 KB, and a model turn
    /// can have four long texts.
    private static let longestText = 40_000

    /// The resource attributes of the process.
    let resource: [(key: String, value: String)]
    let spans: [RecordedSpan.Record]

    var bytes: [UInt8] {
        var request = ProtobufWriter()
        request.message(1) { resourceSpans in
            resourceSpans.message(1) { resource in
                for (key, value) in self.resource { Self.write(key, .string(value), to: &resource, 1) }
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { $0.string(1, Self.scope) }
                for span in self.spans { scopeSpans.message(2) { Self.write(span, to: &$0) } }
            }
        }
        return request.bytes
    }

    private static func write(_ span: RecordedSpan.Record, to message: inout ProtobufWriter) {
        message.data(1, self.bytes(span.context.traceID))
        message.data(2, self.bytes(span.context.spanID))
        if let parent = span.parent { message.data(4, self.bytes(parent.spanID)) }
        message.string(5, span.name)
        message.integer(6, self.number(of: span.kind))
        message.fixed64(7, span.start)
        message.fixed64(8, span.end ?? span.start)
        self.write(span.attributes, to: &message, 9)
        for event in span.events {
            message.message(11) {
                $0.fixed64(1, event.nanosecondsSinceEpoch)
                $0.string(2, event.name)
                self.write(event.attributes, to: &$0, 3)
            }
        }
        for link in span.links {
            guard let other = link.context.span else { continue }
            message.message(13) {
                $0.data(1, self.bytes(other.traceID))
                $0.data(2, self.bytes(other.spanID))
                self.write(link.attributes, to: &$0, 4)
            }
        }
        if let status = span.status {
            message.message(15) {
                if let words = status.message { $0.string(2, words) }
                $0.integer(3, status.code == .ok ? 1 : 2)
            }
        }
        // The sampled flag.
        message.fixed32(16, 1)
    }

    private static func number(of kind: SpanKind) -> UInt64 {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    // MARK: Attributes

    private static func write(_ attributes: SpanAttributes, to message: inout ProtobufWriter, _ field: UInt64) {
        attributes.forEach { self.write($0, $1, to: &message, field) }
    }

    private static func write(
        _ key: String, _ value: SpanAttribute, to message: inout ProtobufWriter, _ field: UInt64
    ) {
        message.message(field) { pair in
            pair.string(1, key)
            pair.message(2) { self.write(value, to: &$0) }
        }
    }

    private static func write(_ value: SpanAttribute, to any: inout ProtobufWriter) {
        switch value {
        case .string(let text): any.string(1, text.prefix(utf8: Self.longestText))
        case .stringConvertible(let value): any.string(1, "\(value)".prefix(utf8: Self.longestText))
        case .bool(let value): any.integer(2, value ? 1 : 0)
        case .int32(let number): any.integer(3, UInt64(bitPattern: Int64(number)))
        case .int64(let number): any.integer(3, UInt64(bitPattern: number))
        case .double(let number): any.fixed64(4, number.bitPattern)
        case .stringArray(let values): self.write(values.map(SpanAttribute.string), to: &any)
        case .stringConvertibleArray(let values): self.write(values.map { .string("\($0)") }, to: &any)
        case .boolArray(let values): self.write(values.map(SpanAttribute.bool), to: &any)
        case .int32Array(let values): self.write(values.map(SpanAttribute.int32), to: &any)
        case .int64Array(let values): self.write(values.map(SpanAttribute.int64), to: &any)
        case .doubleArray(let values): self.write(values.map(SpanAttribute.double), to: &any)
        // The library may add cases.
        default: any.string(1, "")
        }
    }

    private static func write(_ values: [SpanAttribute], to any: inout ProtobufWriter) {
        any.message(5) { array in
            for value in values { array.message(1) { self.write(value, to: &$0) } }
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(hexadecimal: digits[$0...].prefix(2)) ?? 0 }
    }
}
