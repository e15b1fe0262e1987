public import AgentEvents
import Crypto
public import FoundationEssentials
public import RuntimeProtocol
import TextCoding

/// What is kept for users between tasks: sign-ins and secrets, or recipes. It is encrypted for its owner before it is
/// stored.
///
/// Each item has its own data key. The owner and the item's id are a part of what the encryption proves, so that one item
/// can't be put in the place of another.
public struct Vault: Sendable {
    /// The maximum size of an item's content, in bytes.
    public static let mostBytes = 256 << 10
    /// The maximum number of items of an owner.
    public static let mostItems = 200

    private static let format = "ai4ai vault 1"
    /// Numbers up to this one are exact in JSON everywhere.
    private static let mostVersion = 1 << 53
    private static let mostAttempts = 20

    /// What a vault holds. Vaults of the same store see only their own.
    public enum Shelf: String, Sendable {
        case secrets = "user"
        case recipes
    }

    private let store: any VaultStore
    private let keys: any VaultKeys
    private let shelf: Shelf
    let now: @Sendable () -> Date
    let wait: @Sendable (_ seconds: Int) async throws -> Void

    /// - Parameters:
    ///   - now: Returns the current time.
    ///   - wait: Waits for the next one-time code.
    public init(
        store: any VaultStore, keys: any VaultKeys, shelf: Shelf = .secrets,
        now: @escaping @Sendable () -> Date = { Date() },
        wait: @escaping @Sendable (_ seconds: Int) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) {
        self.store = store
        self.keys = keys
        self.shelf = shelf
        self.now = now
        self.wait = wait
    }

    // MARK: Items

    /// Returns what is kept for a user, by site. What has expired is removed.
    /// - Parameter user: The user; `nil` for the only user of this machine.
    /// - Throws: ``VaultError``.
    public func items(of user: UserID?) async throws -> [KeptItem] {
        let owner = self.owner(user)
        var items: [KeptItem] = []
        for sealed in try await self.store.items(of: owner) {
            if self.isExpired(sealed.item) {
                // Kept again meanwhile, it would be another one; the next look finds out.
                let now = try await self.store.items(of: owner).first { $0.item.id == sealed.item.id }
                if now?.version == sealed.version { try await self.store.remove(sealed.item.id, of: owner) }
            } else {
                items.append(sealed.item)
            }
        }
        return items.sorted { ($0.site, $0.name ?? "", $0.id) < ($1.site, $1.name ?? "", $1.id) }
    }

    /// Removes an item.
    /// - Throws: ``VaultError``.
    public func forget(_ id: String, of user: UserID?) async throws {
        try await self.store.remove(id, of: self.owner(user))
    }

    /// Removes everything that is kept for a user.
    /// - Throws: ``VaultError``.
    public func forgetAll(of user: UserID?) async throws {
        try await self.store.removeAll(of: self.owner(user))
    }

    /// Creates the description of an item that is kept from now on.
    /// - Parameter lifetime: After which time the item is forgotten.
    public func newItem(
        _ kind: KeptItem.Kind, site: String, name: String? = nil, of user: UserID?, lifetime: Duration? = nil
    ) -> KeptItem {
        let parts = [self.owner(user), kind.rawValue, site, name ?? ""]
        let digest = SHA256.hash(data: Data(parts.map(PlainName.of).joined(separator: "|").utf8))
        let now = self.now()
        return KeptItem(
            id: String(Data(digest).base64URL.prefix(22)), kind: kind, site: site, name: name,
            generation: UUID().uuidString.lowercased(), keptAt: .init(date: now),
            expiresAt: lifetime.map { .init(date: now + TimeInterval($0.components.seconds)) })
    }

    // MARK: Content

    /// Keeps an item from now on, in place of an earlier one with its id.
    /// - Parameter content: Receives the content before, if there was one that can be read, and returns the new one.
    /// - Throws: ``VaultError``, or what the function throws.
    public func put<Content: Codable>(
        _ item: KeptItem, of user: UserID?, _ content: (Content?) throws -> Content
    ) async throws {
        let owner = self.owner(user)
        try await self.retrying {
            let all = try await self.store.items(of: owner)
            let stored = all.first { $0.item.id == item.id }
            guard stored != nil || all.count(where: { !self.isExpired($0.item) }) < Self.mostItems else {
                throw VaultError(.full, "At most \(Self.mostItems) things are kept. Forget one first.")
            }
            var before: Content?
            if let stored {
                do {
                    before = try await self.open(stored, owner)
                } catch let error as VaultError where error.code == .unreadable {
                    // What can't be read any more is replaced.
                }
            }
            let next = try await self.seal(try content(before), as: item, owner)
            try await self.store.put(next, replacing: stored?.version, of: owner)
        }
    }

    /// Changes an item that is still kept.
    /// - Parameters:
    ///   - item: The item as it was listed, or put.
    ///   - change: Receives the content and the description, and returns the new content. It may run again, if another
    ///     process changes the item at the same time.
    /// - Throws: ``VaultError`` with code `notFound` if the item was forgotten, or kept again; or what the function throws.
    public func change<Content: Codable>(
        _ item: KeptItem, of user: UserID?, _ change: (Content, inout KeptItem) throws -> Content
    ) async throws {
        let owner = self.owner(user)
        try await self.retrying {
            let stored = try await self.stored(item, owner)
            var next = stored.item
            let content = try change(try await self.open(stored, owner), &next)
            try await self.store.put(
                try await self.seal(content, as: next, owner), replacing: stored.version, of: owner)
        }
    }

    /// Returns everything that is kept for a user, with its content or why that can't be read.
    /// - Throws: ``VaultError``.
    public func contents<Content: Decodable>(
        of user: UserID?, as type: Content.Type
    ) async throws -> [(item: KeptItem, content: Result<Content, any Error>)] {
        let owner = self.owner(user)
        var contents: [(item: KeptItem, content: Result<Content, any Error>)] = []
        for sealed in try await self.store.items(of: owner) where !self.isExpired(sealed.item) {
            do {
                let content: Content = try await self.open(sealed, owner)
                contents.append((sealed.item, .success(content)))
            } catch {
                contents.append((sealed.item, .failure(error)))
            }
        }
        return contents
    }

    /// Returns the content of an item.
    /// - Throws: As ``change(_:of:_:)``.
    public func content<Content: Decodable>(
        of item: KeptItem, of user: UserID?, as type: Content.Type
    ) async throws -> Content {
        let owner = self.owner(user)
        return try await self.open(try await self.stored(item, owner), owner)
    }

    private func stored(_ item: KeptItem, _ owner: String) async throws -> SealedItem {
        let stored = try await self.store.items(of: owner).first { $0.item.id == item.id }
        guard let stored, stored.item.generation == item.generation, !self.isExpired(stored.item) else {
            throw VaultError(.notFound, "This is not kept any more.")
        }
        return stored
    }

    private func isExpired(_ item: KeptItem) -> Bool { item.expiresAt.map { $0.date <= self.now() } ?? false }

    private func retrying(_ body: () async throws -> Void) async throws {
        for attempt in 1... {
            do {
                return try await body()
            } catch let error as VaultError where error.code == .conflict && attempt < Self.mostAttempts {
                continue
            }
        }
    }

    // MARK: Encryption

    /// Content that is encrypted for its owner, and stored elsewhere.
    public struct Sealed: Sendable, Hashable, Codable {
        /// The data key, in the form in which it is stored.
        var key: Data
        var content: Data
    }

    /// Encrypts content that is stored elsewhere.
    /// - Parameter purpose: What the content is for. It can be opened only for the same purpose.
    /// - Throws: ``VaultError``.
    public func seal(_ content: some Encodable, for purpose: String, of user: UserID?) async throws -> Sealed {
        let owner = self.owner(user)
        return try await self.seal(try JSONEncoder().encode(content), bound: Self.context([owner, purpose]), owner)
    }

    /// Opens content that was encrypted with ``seal(_:for:of:)``.
    /// - Throws: ``VaultError``.
    public func open<Content: Decodable>(
        _ sealed: Sealed, for purpose: String, of user: UserID?, as type: Content.Type
    ) async throws -> Content {
        let owner = self.owner(user)
        return try await self.open(sealed, bound: Self.context([owner, purpose]), owner, named: purpose)
    }

    private func seal(
        _ content: some Encodable, as item: KeptItem, _ owner: String
    ) async throws -> SealedItem {
        let plain = try JSONEncoder().encode(content)
        guard plain.count <= Self.mostBytes else {
            throw VaultError(
                .tooLarge, "\(item.site) stores more than \(Self.mostBytes >> 10) KB, which isn't kept.")
        }
        let sealed = try await self.seal(plain, bound: Self.context(item, owner), owner)
        return SealedItem(
            item: item, key: sealed.key, content: sealed.content, version: .random(in: 1...Self.mostVersion))
    }

    private func open<Content: Decodable>(_ sealed: SealedItem, _ owner: String) async throws -> Content {
        try await self.open(
            Sealed(key: sealed.key, content: sealed.content), bound: Self.context(sealed.item, owner), owner,
            named: sealed.item.site)
    }

    private func seal(_ plain: Data, bound context: Data, _ owner: String) async throws -> Sealed {
        let key = try await self.keys.make(for: owner)
        let box = try? AES.GCM.seal(plain, using: SymmetricKey(data: key.key), authenticating: context)
        guard let content = box?.combined else { throw VaultError.unusable("AES-GCM refused the key.") }
        return Sealed(key: key.stored, content: content)
    }

    private func open<Content: Decodable>(
        _ sealed: Sealed, bound context: Data, _ owner: String, named what: String
    ) async throws -> Content {
        let key = try await self.keys.open(sealed.key, for: owner)
        do {
            let plain = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: sealed.content), using: SymmetricKey(data: key),
                authenticating: context)
            return try JSONDecoder().decode(Content.self, from: plain)
        } catch {
            throw Self.unreadable(what)
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
        self.context([
            owner, item.id, item.kind.rawValue, item.site, item.isHost == true ? "host" : "", item.name ?? "",
            item.generation,
        ])
    }

    private static func context(_ parts: [String]) -> Data {
        Data(([self.format] + parts).map(PlainName.of).joined(separator: "|").utf8)
    }

    /// Without sign-in there is one user, whom the backend calls `local`.
    private func owner(_ user: UserID?) -> String { "\(self.shelf.rawValue) \(user?.rawValue ?? "local")" }
}
