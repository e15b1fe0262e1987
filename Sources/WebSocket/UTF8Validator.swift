/// Validates UTF-8 that arrives in portions. It accepts a sequence that is split anywhere, and fails at the first
/// invalid byte.
///
/// The table is that of RFC 3629, section 4: the bytes that may follow a lead byte depend on that byte.
struct UTF8Validator {
    private var remaining = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the text so far ends at a character boundary.
    var isComplete: Bool { self.remaining == 0 }

    /// Validates the next bytes.
    /// - Returns: `false` if no continuation can make the text valid.
    mutating func accepts(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes where !self.accepts(byte) { return false }
        return true
    }

    private mutating func accepts(_ byte: UInt8) -> Bool {
        if self.remaining > 0 {
            guard self.next.contains(byte) else { return false }
            self.remaining -= 1
            self.next = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.expect(1)
        case 0xE0: self.expect(2, 0xA0...0xBF)
        case 0xED: self.expect(2, 0x80...0x9F)
        case 0xE1...0xEF: self.expect(2)
        case 0xF0: self.expect(3, 0x90...0xBF)
        case 0xF1...0xF3: self.expect(3)
        case 0xF4: self.expect(3, 0x80...0x8F)
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) {
        self.remaining = count
        self.next = range
    }
}
