import Crypto
import DurableFile
public import FoundationEssentials
import RuntimeProtocol
import TextCoding

/// Keeps items in files on this machine, one directory per owner.
public struct FileVaultStore: VaultStore {
    private let root: String

    /// Creates a store below a directory. The directory is created on first use.
    public init(directory: String) { self.root = directory }

    public func items(of owner: String) throws -> [SealedItem] {
        let directory = self.directory(owner)
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        return try self.using(directory) {
            try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(Self.ending) }
                .compactMap { name in
                    // Forgotten since.
                    guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return nil }
                    return try JSONDecoder().decode(SealedItem.self, from: data)
                }
        }
    }

    public func put(_ item: SealedItem, of owner: String) throws {
        let directory = self.directory(owner)
        let path = self.path(of: item.item.id, in: directory)
        try self.using(directory) {
            try DurableFile.locked(directory) {
                let stored = try FileManager.default.contents(atPath: path).map {
                    try JSONDecoder().decode(SealedItem.self, from: $0).version
                }
                guard stored ?? 0 == item.version - 1 else {
                    throw VaultError(.conflict, "This was changed at the same time. Try again.")
                }
                try DurableFile.replace(path, with: try JSONEncoder().encode(item))
            }
        }
    }

    public func remove(_ id: String, of owner: String) throws {
        let directory = self.directory(owner)
        let path = self.path(of: id, in: directory)
        guard FileManager.default.fileExists(atPath: directory) else { return }
        try self.using(directory) {
            try DurableFile.locked(directory) {
                guard FileManager.default.fileExists(atPath: path) else { return }
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    public func removeAll(of owner: String) throws {
        let directory = self.directory(owner)
        guard FileManager.default.fileExists(atPath: directory) else { return }
        try self.using(directory) { try FileManager.default.removeItem(atPath: directory) }
    }

    private static let ending = ".json"

    private func directory(_ owner: String) -> String { "\(self.root)/\(PlainName.of(owner))" }

    private func path(of id: String, in directory: String) -> String {
        "\(directory)/\(PlainName.of(id))\(Self.ending)"
    }

    private func using<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error where !(error is VaultError) {
            throw VaultError.unusable("\(path): \(error)")
        }
    }
}

/// Derives keys from a file with a random key, which only its owner can read. Whoever has the file and the items can read
/// them.
public struct FileVaultKeys: VaultKeys {
    private static let size = 32
    private let path: String

    /// - Parameter path: The path of the key's file, which is created on first use.
    public init(path: String) { self.path = path }

    public func make(for owner: String) throws -> (key: Data, stored: Data) {
        if !FileManager.default.fileExists(atPath: self.path) {
            do {
                let directory = self.path[..<(self.path.lastIndex(of: "/") ?? self.path.startIndex)]
                try FileManager.default.createDirectory(
                    atPath: String(directory), withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
                try DurableFile.create(self.path, with: Self.random())
            } catch {
                throw VaultError.unusable("\(self.path): \(error)")
            }
        }
        let salt = Self.random()
        return (try self.open(salt, for: owner), salt)
    }

    public func open(_ stored: Data, for owner: String) throws -> Data {
        guard let root = FileManager.default.contents(atPath: self.path), root.count == Self.size else {
            throw VaultError(
                .unreadable,
                "What is kept for you can't be read any more: the key of this machine was lost. Forget it, and keep it "
                    + "again.", reason: "\(self.path) is missing, or has not \(Self.size) bytes.")
        }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: root), salt: stored, info: Data(owner.utf8),
            outputByteCount: Self.size)
        return key.withUnsafeBytes { Data($0) }
    }

    private static func random() -> Data { SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) } }
}
