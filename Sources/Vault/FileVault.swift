import AgentEvents
import Crypto
import DurableFile
public import FoundationEssentials
public import Logging
import RuntimeProtocol
import TextCoding

/// Keeps items in files on this machine, one directory per owner.
public struct FileVaultStore: VaultStore {
    private let root: String
    private let logger: Logger

    /// Creates a store below a directory. The directory is created on first use.
    /// - Parameter logger: Receives messages about files that can't be read.
    public init(directory: String, logger: Logger) {
        self.root = directory
        self.logger = logger
    }

    public func items(of owner: String) throws -> [SealedItem] {
        let directory = self.directory(owner)
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        let names = try self.using(directory) { try FileManager.default.contentsOfDirectory(atPath: directory) }
        // A file that can't be read doesn't cost the others.
        return names.filter { $0.hasSuffix(Self.ending) }.compactMap { self.item(at: "\(directory)/\($0)") }
    }

    private func item(at path: String) -> SealedItem? {
        do {
            return try JSONDecoder().decode(SealedItem.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            // It may have been forgotten since the directory was listed.
            if FileManager.default.fileExists(atPath: path) {
                self.logger.warning("A kept item can't be read", metadata: ["file": "\(path)", "error": "\(error)"])
            }
            return nil
        }
    }

    public func put(_ item: SealedItem, replacing before: Int?, of owner: String) throws {
        try self.locked(owner) { directory in
            let path = self.path(of: item.item.id, in: directory)
            guard self.item(at: path)?.version == before else {
                throw VaultError(.conflict, "This was changed at the same time. Try again.")
            }
            try DurableFile.replace(path, with: try JSONEncoder().encode(item))
        }
    }

    public func remove(_ id: String, of owner: String) throws {
        try self.locked(owner) { directory in
            let path = self.path(of: id, in: directory)
            try self.remove([path, path + Self.aside])
        }
    }

    public func removeAll(of owner: String) throws {
        try self.locked(owner) { directory in
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            // The lock stays, because others may wait for it.
            try self.remove(
                names.filter { $0.hasSuffix(Self.ending) || $0.hasSuffix(Self.aside) }.map { "\(directory)/\($0)" })
        }
    }

    private func remove(_ paths: [String]) throws {
        for path in paths where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }

    private func locked(_ owner: String, _ body: (_ directory: String) throws -> Void) throws {
        let directory = self.directory(owner)
        try self.using(directory) { try DurableFile.locked(directory) { try body(directory) } }
    }

    /// How the temporary file of a replacement ends.
    private static let aside = ".new"
    private static let ending = ".json"

    /// A digest, because an owner's name may be too long for a file, or differ from another's only in its case.
    private func directory(_ owner: String) -> String {
        let digest = SHA256.hash(data: Data(owner.utf8))
        return "\(self.root)/\(digest.map(\.hexadecimal).joined())"
    }

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
        do {
            return (try self.open(salt, for: owner), salt)
        } catch let error as VaultError {
            throw VaultError.unusable("\(error.reason) Restore it, or remove it, and with it what was kept.")
        }
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
