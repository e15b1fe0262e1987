import Conversations
import FoundationEssentials
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The database file, open, with its tables as they are to be.
///
/// A write is one immediate transaction, and is on the disk when it is over: in WAL mode SQLite syncs each commit only
/// with `synchronous=FULL`. With `NORMAL` some 8,000 messages a second can be kept instead of some 700, but a power cut
/// takes the last ones, whose senders were told that they are kept.
struct ConversationDatabase: Sendable {
    private let pool: DatabasePool
    private let path: String

    /// Opens a database, which is made, with its folder, where there is none.
    /// - Throws: ``ConversationError``.
    init(path: String) throws {
        self.path = path
        let folder = Self.folder(of: path)
        do {
            try Self.makeFolder(folder)
        } catch {
            throw ConversationError(
                .unavailable,
                "The folder \(folder) for the chats cannot be made: \(error). Make it, or name another file.")
        }
        do {
            self.pool = try Self.locked(folder) { try Self.open(path) }
        } catch {
            throw Self.failure(error, path)
        }
    }

    /// Reads from one state of the database.
    func read<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
        do {
            return try await self.pool.read(body)
        } catch {
            throw Self.failure(error, self.path)
        }
    }

    /// Reads and writes, all or nothing, while nobody else writes: GRDB begins a write with `BEGIN IMMEDIATE`.
    func write<Result: Sendable>(_ body: @Sendable (Database) throws -> Result) async throws -> Result {
        do {
            return try await self.pool.write(body)
        } catch {
            throw Self.failure(error, self.path)
        }
    }

    /// - Throws: ``ConversationError`` where the file cannot be read or written, or is no longer where it was: what is
    ///   written to one that was deleted is lost.
    func check() async throws {
        try await self.read { _ = try Row.fetchOne($0, sql: "SELECT id FROM session LIMIT 1") }
        // One row, which is always the same: a full disk, or a file that may only be read, shows at a commit.
        try await self.write { try $0.execute(sql: "INSERT OR REPLACE INTO secret VALUES ('check', x'')") }
        guard FileManager.default.fileExists(atPath: self.path) else {
            throw ConversationError(
                .unavailable, "The database of chats \(self.path) is gone. Put it back, and start the program again.")
        }
    }

    // MARK: Opening

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A folder that is there keeps its permissions: others may need it.
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
        // Only now, because GRDB lowers it when it switches to WAL.
        try pool.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    """)
        }
        let migrator = ConversationMigrations.migrator
        guard try !pool.read(migrator.hasBeenSuperseded) else {
            throw ConversationError(
                .unusable,
                "The database of chats \(path) was made by a newer version of this program. Update this one.")
        }
        try migrator.migrate(pool)
        return pool
    }

    /// Chats are nobody else's to read. A file that is there is not opened: closing it would take away the locks that
    /// another instance in this process has on it.
    private static func makeFile(_ path: String) {
        let file = openFile(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        // Why it cannot be made, SQLite will say.
        if file >= 0 { close(file) }
    }

    /// Keeps apart processes that open a new database at the same time: neither the switch to WAL nor GRDB's migrator
    /// bears with that.
    private static func locked<Result>(_ folder: String, _ body: () throws -> Result) throws -> Result {
        let lock = openFile(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        defer { if lock >= 0 { close(lock) } }
        var isLocked = lock >= 0 && flock(lock, LOCK_EX) == 0
        while !isLocked, lock >= 0, errno == EINTR { isLocked = flock(lock, LOCK_EX) == 0 }
        guard isLocked else {
            throw ConversationError(
                .unavailable,
                "The folder \(folder) of the chats cannot be locked: \(String(cString: strerror(errno))). "
                    + "Give this process access to it, or name a file in another one.")
        }
        return try body()
    }

    /// Asks for the lock of another process every millisecond, for some ten seconds. SQLite's own timeout asks ever more
    /// seldom, so that a process that writes without a pause keeps another one waiting three times as long.
    @Sendable private static func waitForWriter(tries: Int) -> Bool {
        guard tries < 10_000 else { return false }
        usleep(1000)
        return true
    }
}

// Under a name of its own, because the type has an `open` too.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
