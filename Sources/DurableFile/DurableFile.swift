import AgentEvents
package import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that are written whole: a crash at any moment leaves either the old content or the new one. Only their owner can
/// read them.
package enum DurableFile {
    /// Replaces a file by way of a temporary file.
    /// - Parameter isSynced: Whether the content must survive a crash of the machine.
    /// - Throws: ``SystemFailure``.
    package static func replace(_ path: String, with data: Data, isSynced: Bool = true) throws {
        let aside = "\(path).new"
        try self.write(data, to: aside, isSynced: isSynced)
        Failpoint.reach(.fileWrittenAside)
        guard rename(aside, path) == 0 else { throw SystemFailure(call: "rename") }
        if isSynced { try self.syncDirectory(of: path) }
    }

    /// Creates a file, unless there is one already, which another process may have created in the meantime.
    /// - Throws: ``SystemFailure``.
    package static func create(_ path: String, with data: Data) throws {
        let aside = "\(path).\(UUID().uuidString).new"
        try self.write(data, to: aside, isSynced: true)
        defer { unlink(aside) }
        guard link(aside, path) == 0 || errno == EEXIST else { throw SystemFailure(call: "link") }
        try self.syncDirectory(of: path)
    }

    /// Runs a function while no other process holds the lock of a directory, which is created if there is none.
    /// - Throws: ``SystemFailure``, or what the function throws.
    package static func locked<Result>(_ directory: String, _ body: () throws -> Result) throws -> Result {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SystemFailure(description: "\(error)")
        }
        let lock = open("\(directory)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // The lock is held only for the milliseconds of one read and write.
        defer { if lock >= 0 { close(lock) } }
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw SystemFailure(call: "flock") }
        return try body()
    }

    private static func write(_ data: Data, to path: String, isSynced: Bool) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure(call: "open") }
        defer { close(file) }
        try data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = self.write(file, rest)
                guard count > 0 else { throw SystemFailure(call: "write") }
                rest = rest.dropFirst(count)
            }
        }
        guard !isSynced || fsync(file) == 0 else { throw SystemFailure(call: "fsync") }
    }

    private static func write(_ file: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        #if canImport(Darwin)
            Darwin.write(file, UnsafeRawBufferPointer(rebasing: bytes).baseAddress, bytes.count)
        #elseif canImport(Musl)
            Musl.write(file, UnsafeRawBufferPointer(rebasing: bytes).baseAddress, bytes.count)
        #else
            Glibc.write(file, UnsafeRawBufferPointer(rebasing: bytes).baseAddress, bytes.count)
        #endif
    }

    /// Syncs the directory. Otherwise a power failure could lose the new name, although the file's content is stored.
    private static func syncDirectory(of path: String) throws {
        let directory = open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_CLOEXEC, 0)
        guard directory >= 0 else { throw SystemFailure(call: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw SystemFailure(call: "fsync") }
    }
}

/// An error for a failed system call, with the system's reason.
package struct SystemFailure: Error, CustomStringConvertible {
    package let description: String

    init(description: String) { self.description = description }

    init(call: String) { self.description = "\(call): \(String(cString: strerror(errno)))" }
}
