import ChatStore
import FoundationEssentials
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The open database file, with a current schema.
///
/// A write is one immediate transaction, and is durable once it returns: in WAL mode, SQLite syncs each commit only
/// with `synchronous=FULL`. `NORMAL` would allow some 8,000 messages per second instead of some 700, but a power
/// failure would lose the last ones after their senders were told that they're stored.
struct ChatDatabase: Sendable {
    private let pool: DatabasePool
    private let path: String

    /// Opens a database, and creates the file and its folder if they don't exist.
    /// - Throws: ``ChatStoreError``.
    init(path: String) throws {
        self.path = path
        let folder = Self.folder(of: path)
        do {
            try Self.makeFolder(folder)
        } catch {
            throw ChatStoreError(
                .unavailable,
                "The folder \(folder) for the chats cannot be made: \(error). Make it, or name another file.")
        }
        do {
            self.pool = try Self.locked(folder) { try Self.open(path) }
        } catch {
            throw Self.failure(error, path)
        }
    }

    /// Reads from one snapshot of the database.
    func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
        do {
            return try await self.pool.read(body)
        } catch {
            throw Self.failure(error, self.path)
        }
    }

    /// Reads and writes in an exclusive transaction: GRDB starts writes with `BEGIN IMMEDIATE`.
    func write<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
        do {
            return try await self.pool.write(body)
        } catch {
            throw Self.failure(error, self.path)
        }
    }

    /// Checks that the database can be read and written.
    /// - Throws: ``ChatStoreError`` if it can't, or if the file was moved or deleted: writes to a deleted file are
    ///   lost.
    func check() async throws {
        try await self.read { _ = try Row.fetchOne($0, sql: "SELECT id FROM session LIMIT 1") }
        // Overwrites the same row each time. A full disk or a read-only file shows only when committing.
        try await self.write { try $0.execute(sql: "INSERT OR REPLACE INTO secret VALUES ('check', x'')") }
        guard FileManager.default.fileExists(atPath: self.path) else {
            throw ChatStoreError(
                .unavailable, "The database of chats \(self.path) is gone. Put it back, and start the program again.")
        }
    }

    // MARK: Opening

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Creates a private folder. An existing folder keeps its permissions, because others may need it.
    private static func makeFolder(_ folder: String) throws {
        var isFolder = false
        guard !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || !isFolder else { return }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private static func open(_ path: String) throws -> DatabasePool {
        self.makeFile(path)
        var configuration = Configuration()
        configuration.busyMode = .callback(self.waitForWriter)
        let pool = try DatabasePool(path: path, configuration: configuration)
        // Set this after opening, because GRDB lowers it when it switches to WAL.
        try pool.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    """)
        }
        let migrator = ChatMigrations.migrator
        guard try !pool.read(migrator.hasBeenSuperseded) else {
            throw ChatStoreError(
                .unusable,
                "The database of chats \(path) was made by a newer version of this program. Update this one.")
        }
        try migrator.migrate(pool)
        return pool
    }

    /// Creates the file readable only by its owner. Doesn't open an existing file, because closing it would release the
    /// locks that another instance in this process holds on it.
    private static func makeFile(_ path: String) {
        let file = openFile(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        // SQLite reports the reason if the file can't be created.
        if file >= 0 { close(file) }
    }

    /// Locks the folder while opening, because neither the switch to WAL nor GRDB's migrator tolerates processes that
    /// open a new database at the same time.
    private static func locked<Result>(_ folder: String, _ body: () throws -> Result) throws -> Result {
        let lock = openFile(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        defer { if lock >= 0 { close(lock) } }
        var isLocked = lock >= 0 && flock(lock, LOCK_EX) == 0
        while !isLocked, lock >= 0, errno == EINTR { isLocked = flock(lock, LOCK_EX) == 0 }
        guard isLocked else {
            throw ChatStoreError(
                .unavailable,
                "The folder \(folder) of the chats cannot be locked: \(String(cString: strerror(errno))). "
                    + "Give this process access to it, or name a file in another one.")
        }
        return try body()
    }

    /// Retries to get another process's lock every millisecond, for about ten seconds. SQLite's own timeout backs off,
    /// so that a process that writes continuously keeps others waiting three times as long.
    @Sendable private static func waitForWriter(tries: Int) -> Bool {
        guard tries < 10_000 else { return false }
        usleep(1000)
        return true
    }
}

// A name of its own, because the type has an `open`, too.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
