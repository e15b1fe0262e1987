/// Writes the Protocol Buffers wire format, limited to what OTLP messages need.
///
/// Source: https://protobuf.dev/programming-guides/encoding
struct ProtobufWriter {
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: UInt64, _ value: UInt64) {
        self.tag(field, .varint)
        self.varint(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        self.tag(field, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { self.bytes += $0 }
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        self.tag(field, .fixed32)
        withUnsafeBytes(of: value.littleEndian) { self.bytes += $0 }
    }

    mutating func data(_ field: UInt64, _ value: some Collection<UInt8>) {
        self.tag(field, .bytes)
        self.varint(UInt64(value.count))
        self.bytes += value
    }

    mutating func string(_ field: UInt64, _ value: some StringProtocol) { self.data(field, value.utf8) }

    mutating func message(_ field: UInt64, _ body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        body(&writer)
        self.data(field, writer.bytes)
    }

    private mutating func tag(_ field: UInt64, _ type: WireType) { self.varint(field << 3 | type.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(rest))
    }
}
