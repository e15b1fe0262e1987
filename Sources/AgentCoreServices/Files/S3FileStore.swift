package import AWSClient
package import AgentEvents
import AgentLoop
package import Files
package import FoundationEssentials
package import Logging
package import RuntimeProtocol

/// Keeps files in an S3 bucket, and copies of those in use on this machine, whose disk ends with the session's process.
///
/// A file is two objects, `files/<session>/<id>` and `files/<session>/<id>.json`. The description is written last, so
/// that a crash at any moment leaves either the whole file or nothing that is listed.
package actor S3FileStore: FileStore {
    /// How long a content may lack its description before it counts as left by a crash.
    private static let unfinishedLife: TimeInterval = 3600

    private let bucket: S3Bucket
    private let local: LocalFileStore
    private let logger: Logger
    /// The files in the bucket, of the sessions that were used here.
    private var stored: [SessionID: Set<String>] = [:]
    /// Counts the removals of sessions.
    private var removals: [SessionID: Int] = [:]

    /// - Parameters:
    ///   - bucket: The name of the bucket.
    ///   - local: The store for the copies.
    package init(_ client: AWSClient, bucket: String, local: LocalFileStore, logger: Logger) {
        self.bucket = S3Bucket(client, name: bucket)
        self.local = local
        self.logger = logger
    }

    package func keep(
        _ path: String, named name: String, from site: String?, in session: SessionID
    ) async throws -> StoredFile {
        try await self.list(session)
        let file = try await self.local.keep(path, named: name, from: site, in: session)
        do {
            try await self.upload(file, in: session)
        } catch {
            // What isn't in the bucket would be lost without anybody having been told.
            try await self.local.remove(file.id, of: session)
            throw error
        }
        return file
    }

    package func put(_ piece: FilePiece, in session: SessionID) async throws -> StoredFile? {
        try await self.list(session)
        guard let file = try await self.local.put(piece, in: session) else { return nil }
        // The piece may be a repetition.
        guard self.stored[session]?.contains(file.id) != true else { return file }
        do {
            try await self.upload(file, in: session)
        } catch {
            try await self.local.reopen(file.id, of: session)
            throw error
        }
        return file
    }

    package func file(_ id: String, of session: SessionID) async throws -> StoredFile {
        try await self.list(session)
        return try await self.local.file(id, of: session)
    }

    package func files(of session: SessionID) async throws -> [StoredFile] {
        try await self.list(session)
        return try await self.local.files(of: session)
    }

    package func read(_ id: String, of session: SessionID, from offset: Int, count: Int) async throws -> Data {
        try await self.fetch(id, of: session)
        return try await self.local.read(id, of: session, from: offset, count: count)
    }

    package func path(of id: String, in session: SessionID) async throws -> String {
        try await self.fetch(id, of: session)
        return try await self.local.path(of: id, in: session)
    }

    package func remove(_ id: String, of session: SessionID) async throws {
        let file = try await self.file(id, of: session)
        let key = Self.prefix(session) + file.id
        try await self.using {
            // A removal that stops halfway leaves nothing that is listed.
            try await self.bucket.remove("\(key).json")
            try await self.bucket.remove(key)
        }
        self.stored[session]?.remove(file.id)
        try await self.local.remove(file.id, of: session)
    }

    package func removeAll(of session: SessionID) async throws {
        self.removals[session, default: 0] += 1
        try await self.using {
            // Descriptions first: a removal that stops halfway leaves nothing that is listed.
            let keys = try await self.bucket.objects(below: Self.prefix(session)).map(\.key)
            for key in keys.sorted(by: { $0.hasSuffix(".json") && !$1.hasSuffix(".json") }) {
                try await self.bucket.remove(key)
            }
        }
        self.stored[session] = nil
        try await self.local.removeAll(of: session)
    }

    // MARK: Bucket

    private static func prefix(_ session: SessionID) -> String { "files/\(LocalFileStore.name(of: session))/" }

    /// Lists here what the bucket has of a session, and removes what a crash has left there.
    private func list(_ session: SessionID) async throws {
        guard self.stored[session] == nil else { return }
        let removals = self.removals[session]
        var stored: Set<String> = []
        try await self.using {
            let entries = try await self.bucket.objects(below: Self.prefix(session))
            let keys = Set(entries.map(\.key))
            for entry in entries {
                if entry.key.hasSuffix(".json") {
                    // An object that was removed meanwhile isn't listed.
                    guard let json = try await self.bucket.object(entry.key) else { continue }
                    let description = try JSONDecoder().decode(LocalFileStore.Description.self, from: json)
                    try await self.local.list(description, in: session)
                    stored.insert(description.file.id)
                } else if !keys.contains("\(entry.key).json"), Self.isAbandoned(entry) {
                    try await self.bucket.remove(entry.key)
                }
            }
        }
        guard self.removals[session] == removals else {
            // The session was removed meanwhile, and nothing of it may come back.
            return try await self.local.removeAll(of: session)
        }
        self.stored[session] = stored
    }

    private static func isAbandoned(_ entry: S3Bucket.Entry) -> Bool {
        guard let modified = try? Date(entry.modified, strategy: .iso8601WithFraction) else { return false }
        return modified + Self.unfinishedLife < Date()
    }

    private func upload(_ file: StoredFile, in session: SessionID) async throws {
        let key = Self.prefix(session) + file.id
        let path = try await self.local.path(of: file.id, in: session)
        let description = try await self.local.description(of: file.id, in: session)
        let removals = self.removals[session]
        do {
            try await self.using {
                try await self.bucket.put(key, contentsOf: path)
                Failpoint.reach(.objectPut)
                try await self.bucket.put("\(key).json", try JSONEncoder().encode(description))
            }
            guard self.removals[session] == removals else { throw Self.unusable("the session was removed meanwhile") }
        } catch {
            // What was told not to be kept may have arrived. This goes on if the request is given up.
            await withoutCancellation { [bucket] in
                try? await bucket.remove("\(key).json")
                try? await bucket.remove(key)
            }
            throw error
        }
        self.stored[session, default: []].insert(file.id)
    }

    /// Fetches the content of a file, unless it is on this machine.
    private func fetch(_ id: String, of session: SessionID) async throws {
        try await self.list(session)
        guard try await !self.local.hasContent(of: id, in: session) else { return }
        let file = try await self.local.file(id, of: session)
        let copy = FileManager.default.temporaryDirectory.appending(path: "ai4ai-file-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try await self.using {
            let isThere = try await self.bucket.download(Self.prefix(session) + file.id, to: copy)
            let size = isThere ? try LocalFileStore.size(of: copy) : nil
            guard size == file.size else { throw Self.unusable("\(file.id) has \(size ?? 0) of \(file.size) bytes") }
        }
        try await self.local.takeContent(of: id, in: session, from: copy)
    }

    private func using<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error where !(error is FileStoreError) && !(error is CancellationError) {
            self.logger.error(
                "The bucket of files can't be used", metadata: ["bucket": "\(self.bucket.name)", "reason": "\(error)"])
            throw Self.unusable("\(error)")
        }
    }

    private static func unusable(_ reason: String) -> FileStoreError {
        FileStoreError(
            .unusable, "The files of this chat can't be used now. Try again, or ask your administrator.", reason: reason
        )
    }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
    /// S3 writes the times of objects with milliseconds.
    fileprivate static var iso8601WithFraction: Self { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
}
