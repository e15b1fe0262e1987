import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A temporary profile of one Chromium, and what is left of those whose owner was killed.
///
/// Beside each directory lies a file that its owner has locked for as long as it lives. A lock that can be taken is one of
/// a process that was killed: the next one clears its profile away, and its Chromium where that still runs.
struct ProfileDirectory: Sendable {
    let path: String
    private let lock: FileDescriptor

    /// What Chromium writes to its error output.
    var errorLog: String { "\(self.path)/stderr.log" }

    private static let prefix = "ai4ai-chromium-"
    private static let lockSuffix = ".lock"

    /// Creates a directory that only this user can read.
    static func create() throws -> ProfileDirectory {
        // The lock first: a directory without one may be cleared away.
        let profile = try self.locked()
        let path = profile.path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.createDirectory(atPath: "\(path)/downloads", withIntermediateDirectories: false)
            try FileManager.default.createDirectory(atPath: "\(path)/Default", withIntermediateDirectories: false)
            // PDF documents are saved rather than shown by a viewer that nothing can be read in.
            try Data(#"{"plugins":{"always_open_pdf_externally":true}}"#.utf8)
                .write(to: URL(filePath: "\(path)/Default/Preferences"))
        } catch {
            profile.delete()
            throw BrowserError(.cannotStart, "Cannot create Chromium's profile directory \(path): \(error)")
        }
        return profile
    }

    /// A name of its own, locked.
    private static func locked() throws -> ProfileDirectory {
        while true {
            // Short: Chromium has a socket in it, whose path may be no longer than 104 bytes.
            let name = self.prefix + String(UInt32.random(in: 0 ... .max), radix: 36)
            let path = "\(FileManager.default.temporaryDirectory.path)/\(name)"
            let file = path + self.lockSuffix
            let lock: FileDescriptor
            do {
                lock = try FileDescriptor.open(
                    FilePath(file), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: .ownerReadWrite)
            } catch {
                throw BrowserError(.cannotStart, "Cannot create \(file) for Chromium's profile: \(error)")
            }
            // Another process that cleans up may take the lock first, and remove its file.
            if self.take(lock), access(file, F_OK) == 0 { return ProfileDirectory(path: path, lock: lock) }
            try? lock.close()
        }
    }

    /// Whether nobody else has the lock; it ends with the descriptor.
    private static func take(_ lock: FileDescriptor) -> Bool { flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 }

    /// Ends what still runs on the profile and removes it. Chromium's helpers outlive its main process by some
    /// milliseconds and would write the directory anew.
    func remove() async {
        let deadline = ContinuousClock.now + .seconds(2)
        while true {
            let left = Self.processes(using: self.path)
            for process in left { kill(process, SIGKILL) }
            guard !left.isEmpty, ContinuousClock.now < deadline else { break }
            // In a task of its own: this also runs in tasks that were cancelled, whose sleeps end at once.
            await Task { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
        self.delete()
    }

    /// A failure is left to the next start's ``reapAbandoned()``.
    private func delete() {
        try? FileManager.default.removeItem(atPath: self.path)
        // The lock last, and its file before the lock itself; what is left keeps it, to be found.
        if !FileManager.default.fileExists(atPath: self.path) {
            try? FileManager.default.removeItem(atPath: self.path + Self.lockSuffix)
        }
        try? self.lock.close()
    }

    /// Ends what processes that no longer live have left: their Chromium and its profile.
    static func reapAbandoned() {
        let root = FileManager.default.temporaryDirectory.path
        // An unreadable temporary directory holds nothing that could be reaped.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        where name.hasPrefix(self.prefix) && name.hasSuffix(self.lockSuffix) {
            // One that has gone, or belongs to another user, is left alone.
            guard let lock = try? FileDescriptor.open("\(root)/\(name)", .writeOnly, options: .closeOnExec) else {
                continue
            }
            guard self.take(lock) else {
                try? lock.close()
                continue
            }
            let path = "\(root)/\(name.dropLast(self.lockSuffix.count))"
            for process in self.processes(using: path) { kill(process, SIGKILL) }
            ProfileDirectory(path: path, lock: lock).delete()
        }
    }

    /// The processes that were started with this profile, by their command lines.
    private static func processes(using path: String) -> [pid_t] {
        let argument = "--user-data-dir=\(path)"
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = pid_t(name), self.commandLine(of: process).contains(argument) else { return nil }
            return process
        }
    }

    /// Empty for a process that is gone. Foundation's own reading loses a buffer for each file that has no size, as
    /// all files here.
    private static func commandLine(of process: pid_t) -> String {
        guard let file = try? FileDescriptor.open("/proc/\(process)/cmdline", .readOnly) else { return "" }
        return
            (try? file.closeAfter {
                try String(unsafeUninitializedCapacity: 32_768) { buffer in
                    try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
            }) ?? ""
    }
}
