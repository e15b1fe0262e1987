public import AgentEvents
public import FoundationEssentials
public import RuntimeProtocol
import SystemPackage
import TextCoding

/// Keeps files on this machine, in one directory per session.
///
/// A file's content is complete before its description appears under its final name, so that a crash at any moment leaves
/// either the whole file or nothing that is listed. What a crash left is removed when the session keeps its next file.
public actor LocalFileStore: FileStore {
    private struct Description: Codable {
        var file: StoredFile
        var kept: Date
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
        let size = try self.size(of: path)
        let safe = FileName.safe(name)
        guard size <= self.limits.fileBytes, known.count < self.limits.files,
            known.reduce(size, { $0 + $1.size }) <= self.limits.sessionBytes
        else {
            throw FileStoreError(
                .full,
                "\(safe) (\(size) bytes) isn't kept: a file may have \(self.limits.fileBytes) bytes, and the files of "
                    + "a chat \(self.limits.sessionBytes) bytes. Download it from the website yourself.")
        }
        let directory = self.directory(session)
        return try self.using(directory) {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try self.sweep(directory)
            let id = UUID().uuidString.lowercased()
            let content = "\(directory)/\(id)"
            var isKept = false
            // What was not copied may not exist.
            defer {
                if !isKept { for end in ["", ".new"] { try? FileManager.default.removeItem(atPath: content + end) } }
            }
            try FileManager.default.copyItem(atPath: path, toPath: content)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: content)
            let file = StoredFile(
                id: id, name: FileName.unique(safe, among: known.map(\.name)),
                type: MediaType.of(try Self.bytes(of: content, from: 0, count: MediaType.headSize), named: safe),
                size: try self.size(of: content), site: site)
            let description = try JSONEncoder().encode(Description(file: file, kept: Date()))
            let aside = "\(content).new"
            try description.write(to: URL(filePath: aside))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: aside)
            try FileManager.default.moveItem(atPath: aside, toPath: "\(content).json")
            isKept = true
            return file
        }
    }

    public func files(of session: SessionID) throws -> [StoredFile] {
        let directory = self.directory(session)
        return try self.using(directory) {
            guard FileManager.default.fileExists(atPath: directory) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
                .map { name in
                    let data = try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
                    return try JSONDecoder().decode(Description.self, from: data)
                }
                .sorted { ($0.kept, $0.file.id) < ($1.kept, $1.file.id) }.map(\.file)
        }
    }

    public func read(_ id: String, of session: SessionID, from offset: Int, count: Int) throws -> Data {
        let path = try self.path(of: id, in: session)
        return try self.using(path) { try Self.bytes(of: path, from: offset, count: count) }
    }

    public func path(of id: String, in session: SessionID) throws -> String {
        // The id comes from outside: compare it instead of building a path from it.
        guard let file = try self.files(of: session).first(where: { $0.id == id }) else {
            throw FileStoreError(.notFound, "This chat has no file '\(id.prefix(60))'.")
        }
        return "\(self.directory(session))/\(file.id)"
    }

    public func removeAll(of session: SessionID) throws {
        let directory = self.directory(session)
        try self.using(directory) {
            guard FileManager.default.fileExists(atPath: directory) else { return }
            try FileManager.default.removeItem(atPath: directory)
        }
    }

    private func directory(_ session: SessionID) -> String { "\(self.root)/\(PlainName.of(session.rawValue))" }

    /// Removes contents without a description.
    private func sweep(_ directory: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        for name in names where !name.hasSuffix(".json") && !names.contains("\(name).json") {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private func size(of path: String) throws -> Int {
        try self.using(path) {
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        }
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
            throw FileStoreError(.unusable, "The files in \(path) cannot be used: \(error)")
        }
    }
}
