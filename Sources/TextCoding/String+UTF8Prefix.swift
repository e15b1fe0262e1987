extension Substring {
    /// Returns the beginning of the text that has at most this many UTF-8 bytes.
    ///
    /// Unlike with `prefix(_:)`, others can't make the result large: a single character may have any number of bytes.
    package func prefix(utf8 count: Int) -> Substring {
        guard self.utf8.count > count else { return self }
        var end = self.utf8.index(self.utf8.startIndex, offsetBy: Swift.max(count, 0))
        // Don't cut a scalar.
        while end > self.startIndex, self.utf8[end] & 0xC0 == 0x80 { end = self.utf8.index(before: end) }
        return self[..<end]
    }
}

extension String {
    /// Returns the beginning of the text that has at most this many UTF-8 bytes.
    package func prefix(utf8 count: Int) -> Substring { self[...].prefix(utf8: count) }
}
