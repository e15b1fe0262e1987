public import AgentEvents
public import FoundationEssentials
public import RuntimeProtocol

/// An item with its encrypted content.
public struct SealedItem: Sendable, Hashable, Codable {
    public var item: KeptItem
    /// The data key, encrypted or as what it is derived from. See ``VaultKeys``.
    public var key: Data
    /// The content, encrypted with the data key.
    public var content: Data
    /// Differs with each change, so that two processes don't overwrite each other's.
    public var version: Int

    public init(item: KeptItem, key: Data, content: Data, version: Int) {
        self.item = item
        self.key = key
        self.content = content
        self.version = version
    }
}

/// Stores encrypted items, by owner. It never sees their content.
public protocol VaultStore: Sendable {
    /// - Throws: ``VaultError``.
    func items(of owner: String) async throws -> [SealedItem]
    /// Stores an item.
    /// - Parameter before: The version that it replaces; `nil` if there must be none.
    /// - Throws: ``VaultError`` with code `conflict` if another version is stored.
    func put(_ item: SealedItem, replacing before: Int?, of owner: String) async throws
    /// Removes an item, if it is there.
    /// - Throws: ``VaultError``.
    func remove(_ id: String, of owner: String) async throws
    /// Removes all items of an owner.
    /// - Throws: ``VaultError``.
    func removeAll(of owner: String) async throws
}

/// Makes and opens the keys that items are encrypted with.
public protocol VaultKeys: Sendable {
    /// Makes a new data key.
    /// - Returns: The key of 32 bytes, and the form in which it is stored.
    /// - Throws: ``VaultError``.
    func make(for owner: String) async throws -> (key: Data, stored: Data)
    /// Opens a stored data key.
    /// - Throws: ``VaultError`` with code `unreadable` if it can't be opened any more.
    func open(_ stored: Data, for owner: String) async throws -> Data
}

/// An error of a ``Vault``.
public typealias VaultError = StorageError<VaultErrorCode>

/// The kinds of ``VaultError``.
public enum VaultErrorCode: String, Sendable {
    case notFound = "no_such_item"
    case invalid = "invalid_secret"
    case full = "vault_full"
    case tooLarge = "too_large"
    /// The key is another one, or the content was changed.
    case unreadable = "vault_unreadable"
    case conflict = "vault_conflict"
    case unusable = "vault_unusable"
}

extension StorageError<VaultErrorCode> {
    /// An error for a store or a key that can't be used now.
    public static func unusable(_ reason: String) -> VaultError {
        VaultError(
            .unusable, "What is kept for you can't be used now. Try again, or ask your administrator.", reason: reason)
    }
}
