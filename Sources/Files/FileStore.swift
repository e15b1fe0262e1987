public import AgentEvents
public import FoundationEssentials
public import RuntimeProtocol

/// Keeps the files of sessions. They belong to their session and are removed with it.
public protocol FileStore: Sendable {
    /// Keeps a copy of a file.
    /// - Parameters:
    ///   - path: The file's path on this machine.
    ///   - name: The name that the website suggests.
    ///   - site: The origin of the website.
    /// - Returns: The file as it is kept, possibly under another name.
    /// - Throws: ``FileStoreError``. Nothing of the file is kept then.
    func keep(_ path: String, named name: String, from site: String?, in session: SessionID) async throws -> StoredFile

    /// Keeps a piece of a file that the user attaches. Repeating a piece is harmless, also the last one.
    /// - Returns: The file, once it is complete.
    /// - Throws: ``FileStoreError``.
    func put(_ piece: FilePiece, in session: SessionID) async throws -> StoredFile?

    /// Returns a file by its id.
    /// - Throws: ``FileStoreError`` with code `notFound` if the session has no such file.
    func file(_ id: String, of session: SessionID) async throws -> StoredFile

    /// Returns the files of a session, in the order in which they were kept.
    /// - Throws: ``FileStoreError``.
    func files(of session: SessionID) async throws -> [StoredFile]

    /// Reads a part of a file, which is shorter than `count` at the end of the file.
    /// - Throws: ``FileStoreError`` with code `notFound` if the session has no such file.
    func read(_ id: String, of session: SessionID, from offset: Int, count: Int) async throws -> Data

    /// Returns a path on this machine at which a file can be read.
    /// - Throws: ``FileStoreError`` with code `notFound` if the session has no such file.
    func path(of id: String, in session: SessionID) async throws -> String

    /// Removes a file.
    /// - Throws: ``FileStoreError`` with code `notFound` if the session has no such file.
    func remove(_ id: String, of session: SessionID) async throws

    /// Removes all files of a session. Safe to call repeatedly.
    /// - Throws: ``FileStoreError``.
    func removeAll(of session: SessionID) async throws
}

/// An error of a ``FileStore`` or ``DocumentReader``.
public typealias FileStoreError = StorageError<FileStoreErrorCode>

/// The kinds of ``FileStoreError``.
public enum FileStoreErrorCode: String, Sendable {
    case notFound = "no_such_file"
    case full = "files_full"
    case unreadable = "file_unreadable"
    case noPreview = "no_preview"
    case badPiece = "bad_file_piece"
    case unusable = "files_unusable"
}

/// What a session may keep.
public struct FileLimits: Sendable, Hashable {
    /// The maximum size of a file, in bytes.
    public var fileBytes = 50 << 20
    /// The maximum size of all files of a session, in bytes.
    public var sessionBytes = 200 << 20
    /// The maximum number of files in a session.
    public var files = 100

    public init() {}
}
