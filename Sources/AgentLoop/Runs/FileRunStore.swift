public import AgentEvents
import FoundationEssentials
import TextCoding

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Stores run records in files, one directory per session.
///
/// Each save writes a temporary file, syncs it, and renames it, so that a crash at any moment leaves either the old
/// record or the new one. A lock file prevents two processes on one machine from writing at the same time.
public actor FileRunStore: RunStore {
    private let root: String

    /// Creates a store below a directory. The directory is created on first use.
    public init(directory: String) {
        self.root = directory
    }

    public func take(_ record: RunRecord) throws -> RunRecord {
        try self.locked(record.sessionID) {
            var next = record
            next.leaseEpoch += 1
            return try self.write(next, over: record)
        }
    }

    public func save(_ record: RunRecord) throws -> RunRecord {
        // A run that is still finishing must not recreate a session that was removed.
        guard FileManager.default.fileExists(atPath: self.directory(record.sessionID)) else {
            throw RunStoreError(.conflict, "Session \(record.sessionID) was removed; this process stops writing.")
        }
        return try self.locked(record.sessionID) { try self.write(record, over: record) }
    }

    /// Writes the next version of a record if the previous version is still stored.
    private func write(_ record: RunRecord, over before: RunRecord) throws -> RunRecord {
        let stored = try self.read(before.sessionID)
        guard (stored?.version ?? 0) == before.version, (stored?.leaseEpoch ?? 0) == before.leaseEpoch else {
            throw RunStoreError(
                .conflict, "Session \(before.sessionID) was taken over by another process; this one stops writing.")
        }
        var next = record
        next.version += 1
        try self.write(next)
        return next
    }

    public func remove(_ session: SessionID) throws {
        let directory = self.directory(session)
        guard FileManager.default.fileExists(atPath: directory) else { return }
        try self.locked(session) {
            do {
                try FileManager.default.removeItem(atPath: directory)
            } catch {
                // Another process deleted it first.
                guard FileManager.default.fileExists(atPath: directory) else { return }
                throw RunStoreError(
                    .unusable,
                    "The run record of \(session) cannot be removed: \(error). Check who may write in \(directory).")
            }
        }
    }

    func directory(_ session: SessionID) -> String { "\(self.root)/\(PlainName.of(session.rawValue))" }

    public func read(_ session: SessionID) throws -> RunRecord? {
        let path = "\(self.directory(session))/run.json"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw RunStoreError(.unusable, "The run record \(path) cannot be read: \(error). Check who may read it.")
        }
        return try RunRecord(json: data, of: "The run record \(path)", owner: nil)
    }

    private func write(_ record: RunRecord) throws {
        let directory = self.directory(record.sessionID)
        do {
            try Self.replace("\(directory)/run.json", with: try JSONEncoder().encode(record))
        } catch {
            throw RunStoreError(
                .unusable, "The run record of \(record.sessionID) cannot be saved in \(directory): \(error)")
        }
    }

    /// Replaces a file by way of a temporary file. Only the owner can read it.
    /// - Parameter isSynced: Whether the file must survive a crash of the machine.
    static func replace(_ path: String, with data: Data, isSynced: Bool = true) throws {
        let aside = "\(path).new"
        let file = openFile(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure(call: "open") }
        defer { close(file) }
        try data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = writeFile(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard written > 0 else { throw SystemFailure(call: "write") }
                rest = rest.dropFirst(written)
            }
        }
        guard !isSynced || fsync(file) == 0 else { throw SystemFailure(call: "fsync") }
        Failpoint.reach(.fileWrittenAside)
        guard rename(aside, path) == 0 else { throw SystemFailure(call: "rename") }
        if isSynced { try self.syncDirectory(of: path) }
    }

    /// Syncs the directory. Otherwise a power failure could lose the new name, although the file's content is stored.
    private static func syncDirectory(of path: String) throws {
        let directory = openFile(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_CLOEXEC, 0)
        guard directory >= 0 else { throw SystemFailure(call: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw SystemFailure(call: "fsync") }
    }

    private func locked<Result>(_ session: SessionID, _ body: () throws -> Result) throws -> Result {
        let directory = self.directory(session)
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RunStoreError(.unusable, "The directory \(directory) for run records cannot be created: \(error)")
        }
        let lock = openFile("\(directory)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // The lock is held only for the milliseconds of one read and write.
        defer { if lock >= 0 { close(lock) } }
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            throw RunStoreError(.unusable, "The lock in \(directory) cannot be taken: \(SystemFailure(call: "flock"))")
        }
        return try body()
    }
}

/// An error for a failed system call, with the system's reason.
private struct SystemFailure: Error, CustomStringConvertible {
    let description: String

    init(call: String) { self.description = "\(call): \(String(cString: strerror(errno)))" }
}

// These functions have their own names because the store has an `open` method too.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }

private func writeFile(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
