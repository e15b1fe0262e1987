#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IP address that can be classified as public or private.
struct IPAddress: Hashable {
    /// The 4 or 16 bytes of the address.
    let bytes: [UInt8]

    /// Parses an IPv4 or IPv6 literal, with or without brackets.
    ///
    /// It also accepts the other forms of IPv4 that browsers accept: `127.1`, `2130706433`, `0x7f000001`.
    init?(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var six = in6_addr()
        if inet_pton(AF_INET6, bare, &six) == 1 {
            self.bytes = withUnsafeBytes(of: six) { Array($0) }
            return
        }
        var four = in_addr()
        guard !bare.isEmpty, !bare.contains(" "), inet_aton(bare, &four) == 1 else { return nil }
        self.bytes = withUnsafeBytes(of: four) { Array($0) }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The address in text form, such as `93.184.216.34` or `2606:4700::1`.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = self.bytes.count == 4 ? AF_INET : AF_INET6
        _ = self.bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether the address belongs to the public internet, according to IANA's special-purpose address registries.
    var isPublic: Bool {
        if self.bytes.count == 16 { return self.isPublicIPv6 }
        switch (self.bytes[0], self.bytes[1], self.bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _): return false
        case (100, 64...127, _): return false
        case (169, 254, _): return false
        case (172, 16...31, _): return false
        case (192, 168, _), (192, 0, 0), (192, 0, 2): return false
        case (198, 18...19, _), (198, 51, 100), (203, 0, 113): return false
        case (224..., _, _): return false
        default: return true
        }
    }

    private var isPublicIPv6: Bool {
        let isMapped = self.bytes[..<10].allSatisfy { $0 == 0 } && self.bytes[10] == 0xFF && self.bytes[11] == 0xFF
        if isMapped { return IPAddress(bytes: Array(self.bytes[12...])).isPublic }
        // A NAT64 address (64:ff9b::/96) leads to the IPv4 address in its last 4 bytes.
        if self.bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B]) {
            return IPAddress(bytes: Array(self.bytes[12...])).isPublic
        }
        // Only 2000::/3 is assigned to the public internet. The documentation and 6to4 prefixes lie within it.
        guard self.bytes[0] & 0xE0 == 0x20 else { return false }
        if self.bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8]) { return false }
        if self.bytes.starts(with: [0x20, 0x02]) { return IPAddress(bytes: Array(self.bytes[2..<6])).isPublic }
        return true
    }
}
