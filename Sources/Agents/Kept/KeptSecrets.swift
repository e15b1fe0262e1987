import AgentEvents
import BrowserAutomation
import FoundationEssentials
import Logging
import RuntimeProtocol
import Vault

/// The secrets and one-time codes that a user keeps, for one task. Models use them by name, and only where they belong.
actor KeptSecrets {
    /// The longest name of a secret that a model has chosen, in characters.
    private static let longestChosenName = 30

    private let vault: Vault?
    private let user: UserID?
    private let secrets: SecretStore
    private let logger: Logger
    /// The secrets, by origin.
    private var items: [String: [KeptItem]] = [:]
    /// The origins whose secrets the model knows of.
    private var told: Set<String> = []

    init(vault: Vault?, user: UserID?, secrets: SecretStore, logger: Logger) {
        self.vault = vault
        self.user = user
        self.secrets = secrets
        self.logger = logger
    }

    /// Whether secrets can be kept.
    nonisolated var canKeep: Bool { self.vault != nil }

    /// Makes the user's secrets available to the task.
    func begin() async {
        guard let vault else { return }
        do {
            for item in try await vault.items(of: self.user) where item.kind != .signIn {
                self.items[item.site, default: []].append(item)
                let ref = SecretRef(name: Self.name(of: item), origins: [item.site])
                self.secrets.set(for: ref) { [user] in try await vault.use(item, of: user) }
            }
            for item in self.items.values.joined() where item.kind == .secret { await self.mask(item) }
        } catch {
            // The task goes on as if nothing were kept.
            self.logger.warning("What is kept can't be read", metadata: ["error": "\(error)"])
        }
    }

    /// The name that models use. It says where the secret belongs, because two sites' secrets may have the same name.
    private static func name(of item: KeptItem) -> String {
        let place = item.site.hasPrefix("https://") ? String(item.site.dropFirst("https://".count)) : item.site
        return "\(item.name ?? "secret")@\(place)"
    }

    /// Masks a secret in whatever pages show, before it is typed. A code has no value yet.
    private func mask(_ item: KeptItem) async {
        guard let vault else { return }
        do {
            self.secrets.hide(try await vault.value(of: item, of: self.user), as: Self.name(of: item))
        } catch {
            // It is masked once it is typed.
            self.logger.warning(
                "A secret can't be masked before it is used", metadata: ["site": "\(item.site)", "error": "\(error)"])
        }
    }

    /// Whether a secret is a one-time code that is kept.
    func isCode(_ name: String) -> Bool {
        self.items.values.joined().contains { $0.kind == .oneTimeCode && Self.name(of: $0) == name }
    }

    func hasCode(for origin: String) -> Bool { self.items[origin]?.contains { $0.kind == .oneTimeCode } ?? false }

    /// Tells the model of an origin's secrets, once.
    func note(for origin: String) -> String? {
        guard let items = self.items[origin], self.told.insert(origin).inserted else { return nil }
        let names = items.map(Self.name)
        return "The person keeps for this site, to be used with fill_secret: \(names.joined(separator: ", "))"
    }

    /// Keeps the secrets that the user has just given.
    /// - Parameters:
    ///   - values: The values, by name.
    ///   - names: The names of those that are secrets.
    /// - Returns: What the model is told if that fails.
    func keep(_ values: JSONValue?, named names: [String], at origin: String) async -> String? {
        guard let vault else { return nil }
        do {
            var taken: Set<String> = []
            for name in names {
                guard let value = values?[name]?.string else { continue }
                var plain = Self.plain(name)
                // Two names may become the same one.
                while !taken.insert(plain).inserted { plain += "-2" }
                try await vault.keep(NewSecret(name: plain, site: origin, value: value), of: self.user)
            }
            return nil
        } catch {
            self.logger.warning("A secret can't be kept", metadata: ["site": "\(origin)", "error": "\(error)"])
            return "It can't be kept for later: \(error)"
        }
    }

    /// A name that says nothing but a name: the model has chosen it, perhaps after a page, and later tasks' models read it.
    private static func plain(_ name: String) -> String {
        let letters = name.lowercased().unicodeScalars.map { scalar in
            scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let words = String(letters).split(separator: "-").prefix(3)
        let plain = words.joined(separator: "-").prefix(self.longestChosenName)
        return plain.isEmpty ? "secret" : String(plain)
    }
}
