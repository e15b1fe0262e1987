public import AgentEvents
import DurableFile
import FoundationEssentials
import TextCoding

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
            try DurableFile.replace("\(directory)/run.json", with: try JSONEncoder().encode(record))
        } catch {
            throw RunStoreError(
                .unusable, "The run record of \(record.sessionID) cannot be saved in \(directory): \(error)")
        }
    }

    private func locked<Result>(_ session: SessionID, _ body: () throws -> Result) throws -> Result {
        let directory = self.directory(session)
        do {
            return try DurableFile.locked(directory, body)
        } catch let error as SystemFailure {
            throw RunStoreError(.unusable, "The directory \(directory) for run records can't be used: \(error)")
        }
    }
}
