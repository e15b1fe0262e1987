import NIOCore
import NIOPosix

/// Resolves host names to addresses, and caches the results for 30 seconds.
package actor HostResolver {
    private struct Entry {
        var addresses: [IPAddress]
        var expiry: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let answers: @Sendable (String) async -> [String]
    private var entries: [String: Entry] = [:]
    private var running: [String: Task<[IPAddress], Never>] = [:]
    /// The cache lifetime of a name that was not found, which is short because the name may soon exist.
    private static let failureLifetime = Duration.seconds(3)

    /// Creates a resolver that uses the system's resolver.
    package init() {
        // The system's resolver blocks its thread, so run it on the thread pool for blocking calls.
        self.init(lifetime: .seconds(30)) { host in
            (try? await NIOThreadPool.singleton.runIfActive { Self.lookUp(host) }) ?? []
        }
    }

    /// Creates a resolver that uses a custom lookup.
    /// - Parameters:
    ///   - lifetime: The time to cache the addresses of a name.
    ///   - answers: Returns the addresses of a name, as text.
    package init(lifetime: Duration, answers: @escaping @Sendable (String) async -> [String]) {
        self.lifetime = lifetime
        self.answers = answers
    }

    /// Returns the addresses of a host name; empty if it has none.
    func addresses(of host: String) async -> [IPAddress] {
        if let entry = self.entries[host], entry.expiry > .now { return entry.addresses }
        // Concurrent callers share one lookup, which continues if one of them is canceled.
        let lookUp = self.running[host] ?? Task { [answers] in await answers(host).compactMap { IPAddress($0) } }
        self.running[host] = lookUp
        let addresses = await lookUp.value
        self.running[host] = nil
        // Pages choose the names and how many there are, so limit the cache.
        if self.entries.count >= 1000 { self.entries = [:] }
        let lifetime = addresses.isEmpty ? min(self.lifetime, Self.failureLifetime) : self.lifetime
        self.entries[host] = Entry(addresses: addresses, expiry: .now + lifetime)
        return addresses
    }

    /// The reason why a host name may not be reached; `nil` if all of its addresses are public.
    func refusal(of host: String) async -> String? {
        let addresses = await self.addresses(of: host)
        if addresses.isEmpty { return "The name \(host) cannot be found. Check the spelling." }
        return addresses.allSatisfy(\.isPublic) ? nil : AddressPolicy.explain(host)
    }

    private static func lookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = numericCast(SOCK_STREAM.rawValue)
        var result: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &result) == 0 else { return [] }
        defer { freeaddrinfo(result) }
        var addresses: [String] = []
        var next = result
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            {
                // Remove the interface name that follows a link-local address.
                let end = text.firstIndex { $0 == 0 || $0 == CChar(UInt8(ascii: "%")) } ?? text.endIndex
                addresses.append(String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self))
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
