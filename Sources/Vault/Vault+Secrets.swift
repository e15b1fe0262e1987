public import AgentEvents
import FoundationEssentials
public import RuntimeProtocol
import TextCoding

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
    /// How many windows a code may have to be waited for: several tasks may use one key at the same time.
    private static let mostWindows = 5

    /// Keeps a secret.
    /// - Throws: ``VaultError`` with code `invalid` for a name, site, or value that can't be used.
    public func keep(_ secret: NewSecret, of user: UserID?) async throws {
        guard Self.isName(secret.name) else {
            throw VaultError(
                .invalid,
                "A name has 1 to \(Self.longestName) letters, digits, and between them spaces, - _ or full stops.")
        }
        let site = try Self.origin(of: secret.site)
        guard (1...Self.longestValue).contains(secret.value.utf8.count) else {
            throw VaultError(.invalid, "A value has 1 to \(Self.longestValue) bytes.")
        }
        switch secret.kind {
        case .signIn: throw VaultError(.invalid, "A sign-in is kept by signing in.")
        case .recipe: throw VaultError(.invalid, "A recipe is kept by recording it.")
        case .secret: break
        case .oneTimeCode: _ = try OneTimeCode(secret.value)
        }
        let item = self.newItem(secret.kind, site: site, name: secret.name, of: user)
        // Models name a secret by its name and site alone.
        let others = try await self.items(of: user).filter { $0.kind != .signIn && $0.id != item.id }
        guard !others.contains(where: { $0.site == site && $0.name == secret.name }) else {
            throw VaultError(.invalid, "There is something else with the name '\(secret.name)' for this site.")
        }
        try await self.put(item, of: user) { (before: KeptSecret?) in
            // The codes of a key that is kept again were given out already.
            KeptSecret(value: secret.value, lastWindow: before?.value == secret.value ? before?.lastWindow : nil)
        }
    }

    private static func isName(_ text: String) -> Bool {
        func isPlain(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: true
            default: false
            }
        }
        guard (1...Self.longestName).contains(text.utf8.count), let first = text.unicodeScalars.first,
            let last = text.unicodeScalars.last
        else { return false }
        return isPlain(first) && isPlain(last)
            && text.unicodeScalars.allSatisfy { isPlain($0) || " -_.".unicodeScalars.contains($0) }
    }

    /// Returns the value of a secret without using it, to mask it.
    /// - Throws: ``VaultError``.
    public func value(of item: KeptItem, of user: UserID?) async throws -> String {
        try await self.content(of: item, of: user, as: KeptSecret.self).value
    }

    /// Returns the value of a secret, or the one-time code of this moment, for typing it once. Notes the use.
    ///
    /// No code is given out twice, and none that is about to end: it waits for the next one instead.
    /// - Throws: ``VaultError``, `CancellationError`.
    public func use(_ item: KeptItem, of user: UserID?) async throws -> String {
        let now = self.now()
        var pause = 0
        var value = ""
        try await self.change(item, of: user) { (secret: KeptSecret, used: inout KeptItem) in
            used.lastUsedAt = .init(date: now)
            guard item.kind == .oneTimeCode else {
                value = secret.value
                return secret
            }
            let code = try OneTimeCode(secret.value)
            let (current, rest) = code.window(at: now)
            let soonest = rest >= Self.shortestRest ? current : current + 1
            let window = max(soonest, secret.lastWindow.map { $0 + 1 } ?? soonest)
            guard window - current <= Self.mostWindows else {
                throw VaultError(
                    .invalid,
                    "A code of a later time was given out already. Check this machine's clock, and keep the key again.")
            }
            value = code.code(of: window)
            pause = code.seconds(until: window, from: now)
            return KeptSecret(value: secret.value, lastWindow: window)
        }
        if pause > 0 { try await self.wait(pause) }
        return value
    }

    /// Returns the origin of a web address, which may lack `https://`.
    static func origin(of address: String) throws -> String {
        let trimmed = address.trimmed
        let whole = trimmed.contains("://") ? trimmed : "https://\(trimmed)"
        let port = URL(string: whole)?.port
        guard let url = URL(string: whole), let scheme = url.scheme?.lowercased(), ["https", "http"].contains(scheme),
            let host = url.host()?.lowercased(), url.user == nil, url.password == nil,
            let name = Self.hostName(host), port.map({ (1...65535).contains($0) }) ?? true
        else {
            throw VaultError(
                .invalid,
                "'\(address.prefix(100))' is no address of a website, such as https://example.com. Letters other than a to z "
                    + "are written as in the browser's address bar once it has been copied: xn--…")
        }
        let ending = port.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
        return "\(scheme)://\(name)\(ending)"
    }

    /// Returns a host as it is in an origin; `nil` if none has it.
    private static func hostName(_ host: String) -> String? {
        guard !host.contains(":") else { return "[\(host.filter { $0 != "[" && $0 != "]" })]" }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
        return isName && host.utf8.count <= 253 ? host : nil
    }
}
