public import AgentEvents
import Crypto
public import FoundationEssentials
public import RuntimeProtocol
import TextCoding

/// What is kept for users between tasks: sign-ins and secrets. It is encrypted for its owner before it is stored.
///
/// Each item has its own data key. The owner and the item's id are a part of what the encryption proves, so that one item
/// can't be put in the place of another.
public struct Vault: Sendable {
    /// The maximum size of an item's content, in bytes.
    public static let mostBytes = 256 << 10
    /// The maximum number of items of an owner.
    public static let mostItems = 200

    private static let format = "ai4ai vault 1"
    private static let mostAttempts = 5

    private let store: any VaultStore
    private let keys: any VaultKeys
    let now: @Sendable () -> Date
    let wait: @Sendable (_ seconds: Int) async throws -> Void

    /// - Parameters:
    ///   - now: Returns the current time.
    ///   - wait: Waits for the next one-time code.
    public init(
        store: any VaultStore, keys: any VaultKeys, now: @escaping @Sendable () -> Date = { Date() },
        wait: @escaping @Sendable (_ seconds: Int) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) {
        self.store = store
        self.keys = keys
        self.now = now
        self.wait = wait
    }

    // MARK: Items

    /// Returns what is kept for a user, by site. What has expired is removed.
    /// - Parameter user: The user; `nil` for the only user of this machine.
    /// - Throws: ``VaultError``.
    public func items(of user: UserID?) async throws -> [KeptItem] {
        let owner = Self.owner(user)
        var items: [KeptItem] = []
        for sealed in try await self.store.items(of: owner) {
            if let end = sealed.item.expiresAt?.date, end <= self.now() {
                try await self.store.remove(sealed.item.id, of: owner)
            } else {
                items.append(sealed.item)
            }
        }
        return items.sorted { ($0.site, $0.name ?? "", $0.id) < ($1.site, $1.name ?? "", $1.id) }
    }

    /// Removes an item.
    /// - Throws: ``VaultError``.
    public func forget(_ id: String, of user: UserID?) async throws {
        try await self.store.remove(id, of: Self.owner(user))
    }

    /// Removes everything that is kept for a user.
    /// - Throws: ``VaultError``.
    public func forgetAll(of user: UserID?) async throws {
        try await self.store.removeAll(of: Self.owner(user))
    }

    /// Creates the description of an item that is kept from now on.
    /// - Parameter lifetime: After which time the item is forgotten.
    public func newItem(
        _ kind: KeptItem.Kind, site: String, name: String? = nil, of user: UserID?, lifetime: Duration? = nil
    ) -> KeptItem {
        let parts = [Self.owner(user), kind.rawValue, site, name ?? ""]
        let digest = SHA256.hash(data: Data(parts.map(PlainName.of).joined(separator: "|").utf8))
        let now = self.now()
        return KeptItem(
            id: String(Data(digest).base64URL.prefix(22)), kind: kind, site: site, name: name,
            keptAt: .init(date: now),
            expiresAt: lifetime.map { .init(date: now + TimeInterval($0.components.seconds)) })
    }

    // MARK: Content

    /// Returns the content of an item.
    /// - Throws: ``VaultError``.
    public func content<Content: Decodable>(
        of id: String, of user: UserID?, as type: Content.Type
    ) async throws -> Content {
        let owner = Self.owner(user)
        guard let sealed = try await self.store.items(of: owner).first(where: { $0.item.id == id }) else {
            throw VaultError(.notFound, "This is not kept any more.")
        }
        return try await self.open(sealed, owner)
    }

    /// Changes an item's content, from what is stored at that moment.
    /// - Parameters:
    ///   - item: The item as it shall be described.
    ///   - isNew: Whether the item is stored although it isn't there, or isn't there any more.
    ///   - change: Returns the new content. It may run again, if another process changes the item at the same time.
    /// - Throws: ``VaultError``, or what the function throws.
    public func update<Content: Codable>(
        _ item: KeptItem, of user: UserID?, isNew: Bool, _ change: (Content?) throws -> Content
    ) async throws {
        let owner = Self.owner(user)
        for attempt in 1... {
            let all = try await self.store.items(of: owner)
            let stored = all.first { $0.item.id == item.id }
            guard stored != nil || isNew else { throw VaultError(.notFound, "This is not kept any more.") }
            guard stored != nil || all.count < Self.mostItems else {
                throw VaultError(.full, "At most \(Self.mostItems) things are kept. Forget one first.")
            }
            let before: Content?
            do {
                before = try await stored.asyncMap { try await self.open($0, owner) }
            } catch let error as VaultError where error.code == .unreadable && isNew {
                // What can't be read any more is replaced.
                before = nil
            }
            let sealed = try await self.seal(try change(before), as: item, (stored?.version ?? 0) + 1, owner)
            do {
                return try await self.store.put(sealed, of: owner)
            } catch let error as VaultError where error.code == .conflict && attempt < Self.mostAttempts {
                continue
            }
        }
    }

    private func seal(
        _ content: some Encodable, as item: KeptItem, _ version: Int, _ owner: String
    ) async throws -> SealedItem {
        let plain = try JSONEncoder().encode(content)
        guard plain.count <= Self.mostBytes else {
            throw VaultError(
                .full, "\(item.site) stores more than \(Self.mostBytes >> 10) KB, which isn't kept.")
        }
        let key = try await self.keys.make(for: owner)
        let box = try? AES.GCM.seal(
            plain, using: SymmetricKey(data: key.key), authenticating: Self.context(item, owner))
        guard let sealed = box?.combined else { throw VaultError.unusable("AES-GCM refused the key.") }
        return SealedItem(item: item, key: key.stored, content: sealed, version: version)
    }

    private func open<Content: Decodable>(_ sealed: SealedItem, _ owner: String) async throws -> Content {
        let key = try await self.keys.open(sealed.key, for: owner)
        do {
            let plain = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: sealed.content), using: SymmetricKey(data: key),
                authenticating: Self.context(sealed.item, owner))
            return try JSONDecoder().decode(Content.self, from: plain)
        } catch {
            throw Self.unreadable(sealed.item.site)
        }
    }

    static func unreadable(_ what: String) -> VaultError {
        VaultError(
            .unreadable,
            "What is kept for \(what) can't be read any more: its key was lost, or it was changed. Forget it, and keep it "
                + "again.")
    }

    /// What an item is bound to.
    private static func context(_ item: KeptItem, _ owner: String) -> Data {
        Data(
            [self.format, owner, item.id, item.kind.rawValue, item.site, item.name ?? ""].map(PlainName.of)
                .joined(separator: "|").utf8)
    }

    private static func owner(_ user: UserID?) -> String { user.map { "user \($0)" } ?? "this machine" }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
