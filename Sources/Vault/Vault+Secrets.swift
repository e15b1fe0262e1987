public import AgentEvents
import FoundationEssentials
public import RuntimeProtocol

extension Vault {
    private struct KeptSecret: Codable {
        var value: String
        /// The window of the last one-time code that was given out.
        var lastWindow: Int?
    }

    private static let longestName = 60
    private static let longestValue = 4096
    /// A code that ends sooner than this may be refused once it has been typed, in seconds.
    private static let shortestRest = 5

    /// Keeps a secret.
    /// - Throws: ``VaultError`` with code `invalid` for a name, site, or value that can't be used.
    public func keep(_ secret: NewSecret, of user: UserID?) async throws {
        guard (1...Self.longestName).contains(secret.name.count),
            secret.name.allSatisfy({ $0.isLetter || $0.isNumber || " -_.".contains($0) })
        else {
            throw VaultError(
                .invalid, "A name has 1 to \(Self.longestName) letters, digits, spaces, and - _ or a full stop.")
        }
        let site = try Self.origin(of: secret.site)
        guard (1...Self.longestValue).contains(secret.value.utf8.count) else {
            throw VaultError(.invalid, "A value has 1 to \(Self.longestValue) bytes.")
        }
        switch secret.kind {
        case .signIn: throw VaultError(.invalid, "A sign-in is kept by signing in.")
        case .secret: break
        case .oneTimeCode: _ = try OneTimeCode(secret.value)
        }
        let item = self.newItem(secret.kind, site: site, name: secret.name, of: user)
        try await self.update(item, of: user, isNew: true) { (_: KeptSecret?) in KeptSecret(value: secret.value) }
    }

    /// Returns the value of a secret, or the one-time code of this moment, for typing it once. Notes the use.
    ///
    /// No code is given out twice, and none that is about to end: it waits for the next one instead, for at most one
    /// window.
    /// - Throws: ``VaultError``, `CancellationError`.
    public func use(_ item: KeptItem, of user: UserID?) async throws -> String {
        var used = item
        let now = self.now()
        used.lastUsedAt = .init(date: now)
        guard item.kind == .oneTimeCode else {
            return try await self.noting(used, of: user) { $0 }.value
        }
        var window = 0
        var pause = 0
        let kept = try await self.noting(used, of: user) { secret in
            let code = try OneTimeCode(secret.value)
            let (current, rest) = code.window(at: now)
            let isFresh = current > secret.lastWindow ?? .min && rest >= Self.shortestRest
            window = isFresh ? current : max(current, secret.lastWindow ?? current) + 1
            pause = code.seconds(until: window, from: now)
            var next = secret
            next.lastWindow = window
            return next
        }
        if pause > 0 { try await self.wait(pause) }
        return try OneTimeCode(kept.value).code(of: window)
    }

    private func noting(
        _ item: KeptItem, of user: UserID?, _ change: (KeptSecret) throws -> KeptSecret
    ) async throws -> KeptSecret {
        var result: KeptSecret?
        try await self.update(item, of: user, isNew: false) { (before: KeptSecret?) in
            guard let before else { throw Self.unreadable(item.site) }
            let after = try change(before)
            result = after
            return after
        }
        guard let result else { throw Self.unreadable(item.site) }
        return result
    }

    /// Returns the origin of a web address, which may lack `https://`.
    static func origin(of address: String) throws -> String {
        let trimmed = address.filter { !$0.isWhitespace }
        let whole = trimmed.contains("://") ? trimmed : "https://\(trimmed)"
        guard let url = URL(string: whole), let scheme = url.scheme?.lowercased(), ["https", "http"].contains(scheme),
            let host = url.host()?.lowercased(), !host.isEmpty, url.user == nil, url.password == nil
        else {
            throw VaultError(
                .invalid, "'\(address.prefix(100))' is no address of a website, such as https://example.com.")
        }
        let port = url.port.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
        return "\(scheme)://\(host)\(port)"
    }
}
