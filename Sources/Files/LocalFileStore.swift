public import AgentEvents
import DurableFile
public import FoundationEssentials
public import RuntimeProtocol
import SystemPackage
import TextCoding

/// Keeps files on this machine, in one directory per session.
///
/// A file's content is complete before its description appears under its final name, so that a crash at any moment leaves
/// either the whole file or nothing that is listed. What a crash left is removed when the session keeps its next file;
/// an unfinished upload an hour after its last piece.
public actor LocalFileStore: FileStore {
    /// A file, and when it was kept.
    package struct Description: Codable, Sendable {
        package var file: StoredFile
        package var kept: Date
    }

    private let root: String
    private let limits: FileLimits

    /// Creates a store below a directory, which is created on first use.
    public init(directory: String, limits: FileLimits = .init()) {
        self.root = directory
        self.limits = limits
    }

    public func keep(
        _ path: String, named name: String, from site: String?, in session: SessionID
    ) throws -> StoredFile {
        let known = try self.files(of: session)
        let safe = FileName.safe(name)
        let size = try self.size(of: path)
        let directory = try self.prepared(session)
        try self.checkRoom(
            for: size, safe, among: known, in: directory, remedy: "Download it from the website yourself.")
        return try self.using(directory) {
            let id = UUID().uuidString.lowercased()
            let content = "\(directory)/\(id)"
            var isKept = false
            // What was not copied may not exist.
            defer { if !isKept { try? FileManager.default.removeItem(atPath: content) } }
            try FileManager.default.copyItem(atPath: path, toPath: content)
            let file = try self.describe(content, as: id, safe, among: known) { $0.site = site }
            isKept = true
            return file
        }
    }

    public func put(_ piece: FilePiece, in session: SessionID) throws -> StoredFile? {
        guard Self.isID(piece.id), let bytes = Data(base64Encoded: piece.content) else {
            throw FileStoreError(
                .badPiece, "This piece of a file can't be read: its id is a UUID in lowercase, and its content Base64.")
        }
        let safe = FileName.safe(piece.name)
        guard (0...self.limits.fileBytes).contains(piece.offset), bytes.count <= FileResult.mostBytes else {
            throw self.full(safe, "Attach a smaller one, in pieces of up to \(FileResult.mostBytes) bytes.")
        }
        // The answer to the last piece may have been lost.
        if let file = try? self.file(piece.id, of: session) { return file }
        let partial = "\(self.directory(session))/\(piece.id)\(Self.partial)"
        if piece.abandoned == true {
            try? FileManager.default.removeItem(atPath: partial)
            return nil
        }
        try self.reopenUndescribed(piece.id, in: session)
        // A piece that comes too late finds nothing to go on from.
        try self.sweep(session)
        let isBegun = FileManager.default.fileExists(atPath: partial)
        guard try piece.offset == 0 || isBegun && self.size(of: partial) >= piece.offset else {
            throw FileStoreError(
                .badPiece, "\(safe) lacks what comes before byte \(piece.offset). Send it from its beginning.")
        }
        let known = try self.files(of: session)
        let end = piece.offset + bytes.count
        let directory = try self.prepared(session)
        try self.checkRoom(
            for: end, safe, among: known, besides: partial, in: directory,
            remedy: "Attach a smaller one, or start a new chat.")
        return try self.using(directory) {
            let file = try FileDescriptor.open(
                FilePath(partial), .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter {
                try file.writeAll(toAbsoluteOffset: Int64(piece.offset), bytes)
                if piece.last { try file.resize(to: Int64(end)) }
            }
            Failpoint.reach(.filePieceWritten)
            guard piece.last else { return nil }
            let content = "\(directory)/\(piece.id)"
            try FileManager.default.moveItem(atPath: partial, toPath: content)
            return try self.describe(content, as: piece.id, safe, among: known) { $0.attached = true }
        }
    }

    /// Writes the description of a content, which lists the file from then on.
    private func describe(
        _ content: String, as id: String, _ name: String, among known: [StoredFile],
        _ adding: (inout StoredFile) -> Void
    ) throws -> StoredFile {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: content)
        Failpoint.reach(.fileContentKept)
        var file = StoredFile(
            id: id, name: FileName.unique(name, among: known.map(\.name)),
            type: MediaType.of(try Self.bytes(of: content, from: 0, count: MediaType.headSize), named: name),
            size: try self.size(of: content))
        adding(&file)
        // A content without a description doesn't exist.
        try DurableFile.replace(
            "\(content).json", with: try JSONEncoder().encode(Description(file: file, kept: Date())))
        return file
    }

    /// - Parameter partial: The unfinished upload that the file comes from, which isn't counted beside it.
    private func checkRoom(
        for size: Int, _ name: String, among known: [StoredFile], besides partial: String? = nil, in directory: String,
        remedy: String
    ) throws {
        let others = try self.unfinished(in: directory).filter { $0 != partial }
        let total = try others.reduce(known.reduce(size) { $0 + $1.size }) { $0 + (try self.size(of: $1)) }
        guard size <= self.limits.fileBytes, known.count + others.count < self.limits.files,
            total <= self.limits.sessionBytes
        else { throw self.full(name, remedy) }
    }

    private func full(_ name: String, _ remedy: String) -> FileStoreError {
        FileStoreError(
            .full,
            "\(name) isn't kept: a file may have \(self.limits.fileBytes) bytes, and a chat \(self.limits.files) files with "
                + "\(self.limits.sessionBytes) bytes. \(remedy)")
    }

    public func file(_ id: String, of session: SessionID) throws -> StoredFile {
        let path = "\(self.directory(session))/\(id).json"
        // The id comes from outside, and becomes a part of a path.
        guard Self.isID(id), FileManager.default.fileExists(atPath: path) else {
            throw FileStoreError(.notFound, "This chat has no file '\(id.prefix(60))'.")
        }
        return try self.using(path) { try Self.description(at: path).file }
    }

    public func files(of session: SessionID) throws -> [StoredFile] {
        let directory = self.directory(session)
        return try self.using(directory) {
            guard FileManager.default.fileExists(atPath: directory) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
                .map { try Self.description(at: "\(directory)/\($0)") }
                .sorted { ($0.kept, $0.file.id) < ($1.kept, $1.file.id) }.map(\.file)
        }
    }

    public func read(_ id: String, of session: SessionID, from offset: Int, count: Int) throws -> Data {
        let path = try self.path(of: id, in: session)
        return try self.using(path) { try Self.bytes(of: path, from: offset, count: count) }
    }

    public func path(of id: String, in session: SessionID) throws -> String {
        "\(self.directory(session))/\(try self.file(id, of: session).id)"
    }

    public func remove(_ id: String, of session: SessionID) throws {
        let content = try self.path(of: id, in: session)
        try self.using(content) {
            // Without its description the content isn't listed, and the next sweep removes it.
            try FileManager.default.removeItem(atPath: "\(content).json")
            // A copy of a file that is kept elsewhere may not be here.
            if FileManager.default.fileExists(atPath: content) { try FileManager.default.removeItem(atPath: content) }
        }
    }

    public func removeAll(of session: SessionID) throws {
        let directory = self.directory(session)
        try self.using(directory) {
            guard FileManager.default.fileExists(atPath: directory) else { return }
            try FileManager.default.removeItem(atPath: directory)
        }
    }

    // MARK: Copies of files that are kept elsewhere

    /// Returns the description of a file.
    package func description(of id: String, in session: SessionID) throws -> Description {
        let path = "\(self.directory(session))/\(try self.file(id, of: session).id).json"
        return try self.using(path) { try Self.description(at: path) }
    }

    /// Lists a file whose content is not on this machine yet.
    package func list(_ description: Description, in session: SessionID) throws {
        guard Self.isID(description.file.id) else { return }
        let directory = try self.prepared(session)
        try self.using(directory) {
            try DurableFile.replace(
                "\(directory)/\(description.file.id).json", with: try JSONEncoder().encode(description))
        }
    }

    /// Whether the whole content of a listed file is on this machine.
    package func hasContent(of id: String, in session: SessionID) throws -> Bool {
        let file = try self.file(id, of: session)
        let content = try self.path(of: id, in: session)
        return try FileManager.default.fileExists(atPath: content) && self.size(of: content) == file.size
    }

    /// Takes a file on this machine as the content of a listed file.
    package func takeContent(of id: String, in session: SessionID, from path: String) throws {
        // Somebody may be reading it already.
        guard try !self.hasContent(of: id, in: session) else { return }
        let content = try self.path(of: id, in: session)
        try self.using(content) {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            if FileManager.default.fileExists(atPath: content) { try FileManager.default.removeItem(atPath: content) }
            try FileManager.default.moveItem(atPath: path, toPath: content)
        }
    }

    /// Makes an upload incomplete again, so that its last piece can be repeated or the upload abandoned.
    package func reopen(_ id: String, of session: SessionID) throws {
        let content = try self.path(of: id, in: session)
        try self.using(content) {
            try FileManager.default.removeItem(atPath: "\(content).json")
            try FileManager.default.moveItem(atPath: content, toPath: content + Self.partial)
        }
    }

    /// Goes on with an upload whose process ended before it described the whole content.
    private func reopenUndescribed(_ id: String, in session: SessionID) throws {
        let content = "\(self.directory(session))/\(id)"
        guard FileManager.default.fileExists(atPath: content),
            !FileManager.default.fileExists(atPath: "\(content).json")
        else { return }
        try self.using(content) { try FileManager.default.moveItem(atPath: content, toPath: content + Self.partial) }
    }

    /// The name of a session's files.
    package static func name(of session: SessionID) -> String { PlainName.of(session.rawValue) }

    private func directory(_ session: SessionID) -> String { "\(self.root)/\(Self.name(of: session))" }

    /// The ending of a file whose last piece has not arrived.
    private static let partial = ".part"
    private static let partialLife: TimeInterval = 3600

    /// Sweeps a session's directory, and creates it if there is none.
    private func prepared(_ session: SessionID) throws -> String {
        try self.sweep(session)
        let directory = self.directory(session)
        try self.using(directory) {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        return directory
    }

    /// Removes contents without a description, and uploads that have not gone on.
    private func sweep(_ session: SessionID) throws {
        let directory = self.directory(session)
        guard FileManager.default.fileExists(atPath: directory) else { return }
        try self.using(directory) { try self.sweep(at: directory) }
    }

    private func sweep(at directory: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        for name in names where !name.hasSuffix(".json") && !names.contains("\(name).json") {
            let path = "\(directory)/\(name)"
            if name.hasSuffix(Self.partial),
                let changed = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date,
                changed + Self.partialLife > Date()
            {
                continue
            }
            try FileManager.default.removeItem(atPath: path)
        }
    }

    /// The paths of the uploads that are under way.
    private func unfinished(in directory: String) throws -> [String] {
        try self.using(directory) {
            try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(Self.partial) }
                .map { "\(directory)/\($0)" }
        }
    }

    /// Whether a text is the id of a file, which is safe in a path.
    private static func isID(_ text: String) -> Bool {
        UUID(uuidString: text) != nil && text == text.lowercased()
    }

    private static func description(at path: String) throws -> Description {
        try JSONDecoder().decode(Description.self, from: try Data(contentsOf: URL(filePath: path)))
    }

    private func size(of path: String) throws -> Int {
        try self.using(path) { try Self.size(of: path) }
    }

    /// The size of a file, in bytes. Not `FileAttributeKey.size`, whose type depends on which Foundation is linked.
    package static func size(of path: String) throws -> Int {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter { Int(try file.seek(offset: 0, from: .end)) }
    }

    private static func bytes(of path: String, from offset: Int, count: Int) throws -> Data {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var bytes = Data(count: max(count, 0))
            let read = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(fromAbsoluteOffset: Int64(max(offset, 0)), into: buffer)
            }
            return bytes.prefix(read)
        }
    }

    /// Converts the errors of the file system.
    private func using<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error where !(error is FileStoreError) {
            throw FileStoreError(
                .unusable, "The files of this chat can't be used now. Try again, or ask your administrator.",
                reason: "\(path): \(error)")
        }
    }
}
