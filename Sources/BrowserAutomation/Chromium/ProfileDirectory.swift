import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The temporary profile directory of a Chromium process.
///
/// Next to each directory is a lock file that its owner keeps locked while it runs. If another process can take the
/// lock, the owner was killed: that process then removes the profile and ends its Chromium if it still runs.
struct ProfileDirectory: Sendable {
    let path: String
    private let lock: FileDescriptor

    /// The file that receives Chromium's error output.
    var errorLog: String { "\(self.path)/stderr.log" }

    private static let prefix = "ai4ai-chromium-"
    private static let lockSuffix = ".lock"

    /// Creates a directory that only the current user can read.
    static func create() throws -> ProfileDirectory {
        // Create the lock first: another process may remove a directory that has no lock.
        let profile = try self.locked()
        let path = profile.path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.createDirectory(atPath: "\(path)/downloads", withIntermediateDirectories: false)
            try FileManager.default.createDirectory(atPath: "\(path)/Default", withIntermediateDirectories: false)
            // Save PDF documents, because the agent cannot read the contents of the built-in viewer.
            try Data(#"{"plugins":{"always_open_pdf_externally":true}}"#.utf8)
                .write(to: URL(filePath: "\(path)/Default/Preferences"))
        } catch {
            profile.delete()
            throw BrowserError(.cannotStart, "Cannot create Chromium's profile directory \(path): \(error)")
        }
        return profile
    }

    /// Reserves a unique name by creating and locking its lock file.
    private static func locked() throws -> ProfileDirectory {
        while true {
            // Keep the name short: Chromium creates a socket in the directory, and its path is limited to 104 bytes.
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
            // Another process that is cleaning up may take the lock first and remove its file.
            if self.take(lock), access(file, F_OK) == 0 { return ProfileDirectory(path: path, lock: lock) }
            try? lock.close()
        }
    }

    /// Tries to take the lock; `false` if another process holds it. Closing the descriptor releases the lock.
    private static func take(_ lock: FileDescriptor) -> Bool { flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 }

    /// Kills the processes that still use the profile and removes it. Chromium's helper processes outlive its main
    /// process by some milliseconds and would recreate the directory.
    func remove() async {
        let deadline = ContinuousClock.now + .seconds(2)
        while true {
            let left = Self.processes(using: self.path)
            for process in left { kill(process, SIGKILL) }
            guard !left.isEmpty, ContinuousClock.now < deadline else { break }
            // Sleep in a separate task: in a canceled task, which may also run this method, the sleep ends immediately.
            await Task { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
        self.delete()
    }

    /// Removes the directory and its lock. If that fails, ``reapAbandoned()`` retries at the next start.
    private func delete() {
        try? FileManager.default.removeItem(atPath: self.path)
        // Remove the lock file last and before releasing the lock. A directory that remains keeps its lock file, so
        // that a later start finds it.
        if !FileManager.default.fileExists(atPath: self.path) {
            try? FileManager.default.removeItem(atPath: self.path + Self.lockSuffix)
        }
        try? self.lock.close()
    }

    /// Kills the Chromium processes and removes the profiles of owners that no longer run.
    static func reapAbandoned() {
        let root = FileManager.default.temporaryDirectory.path
        // If the temporary directory is unreadable, there is nothing to remove.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        where name.hasPrefix(self.prefix) && name.hasSuffix(self.lockSuffix) {
            // Skip a lock file that no longer exists or that belongs to another user.
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

    /// The processes whose command line names this profile.
    private static func processes(using path: String) -> [pid_t] {
        let argument = "--user-data-dir=\(path)"
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = pid_t(name), self.commandLine(of: process).contains(argument) else { return nil }
            return process
        }
    }

    /// The command line of a process; empty if the process has exited. Not read with Foundation, which leaks a buffer
    /// for each file without a size, such as every file in `/proc`.
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
