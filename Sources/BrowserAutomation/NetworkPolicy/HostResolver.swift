import NIOCore
import NIOPosix

/// Looks up what a host's name stands for, and remembers it for half a minute.
package actor HostResolver {
    private struct Entry {
        var addresses: [IPAddress]
        var expiry: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let answers: @Sendable (String) async -> [String]
    private var entries: [String: Entry] = [:]
    private var running: [String: Task<[IPAddress], Never>] = [:]
    /// A name that is not found may be found soon.
    private static let failureLifetime = Duration.seconds(3)

    /// Asks the system.
    package init() {
        // The system's resolver blocks its thread, so it runs on the pool for such calls.
        self.init(lifetime: .seconds(30)) { host in
            (try? await NIOThreadPool.singleton.runIfActive { Self.lookUp(host) }) ?? []
        }
    }

    /// Asks somebody else.
    /// - Parameter answers: The addresses of a name, as text.
    package init(lifetime: Duration, answers: @escaping @Sendable (String) async -> [String]) {
        self.lifetime = lifetime
        self.answers = answers
    }

    /// The addresses of a name; empty where there are none.
    func addresses(of host: String) async -> [IPAddress] {
        if let entry = self.entries[host], entry.expiry > .now { return entry.addresses }
        // One look-up for all who ask at a time, that goes on when one of them is stopped.
        let lookUp = self.running[host] ?? Task { [answers] in await answers(host).compactMap { IPAddress($0) } }
        self.running[host] = lookUp
        let addresses = await lookUp.value
        self.running[host] = nil
        // Pages choose these names, and how many there are.
        if self.entries.count >= 1000 { self.entries = [:] }
        let lifetime = addresses.isEmpty ? min(self.lifetime, Self.failureLifetime) : self.lifetime
        self.entries[host] = Entry(addresses: addresses, expiry: .now + lifetime)
        return addresses
    }

    /// Why a name may not be reached; `nil` where all that it stands for is public.
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
                // Without the interface that follows a link-local address.
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
