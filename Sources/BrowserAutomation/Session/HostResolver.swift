import NIOCore
import NIOPosix

/// Looks up what a host's name stands for, and remembers it for half a minute.
actor HostResolver {
    private struct Entry {
        var addresses: [IPAddress]
        var expiry: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(30)
    private var entries: [String: Entry] = [:]

    /// The addresses of a name; empty where there are none.
    func addresses(of host: String) async -> [IPAddress] {
        if let entry = self.entries[host], entry.expiry > .now { return entry.addresses }
        // The system's resolver blocks its thread, so it runs on the pool for such calls.
        let addresses = (try? await NIOThreadPool.singleton.runIfActive { Self.lookUp(host) }) ?? []
        self.entries[host] = Entry(addresses: addresses, expiry: .now + Self.lifetime)
        return addresses
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = numericCast(SOCK_STREAM.rawValue)
        var result: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &result) == 0 else { return [] }
        defer { freeaddrinfo(result) }
        var addresses: [IPAddress] = []
        var next = result
        while let entry = next?.pointee {
            if entry.ai_family == AF_INET, let raw = entry.ai_addr {
                raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                    addresses.append(IPAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }))
                }
            } else if entry.ai_family == AF_INET6, let raw = entry.ai_addr {
                raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                    addresses.append(IPAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }))
                }
            }
            next = entry.ai_next
        }
        return addresses
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
