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
/// Each directory is named after the process that owns it. A process whose directory outlives it was killed, and
/// its Chromium may still run: the next start ends it and removes the directory.
struct ProfileDirectory: Sendable {
    let path: String

    private static let prefix = "ai4ai-chromium-"

    /// Creates a directory that only this user can read.
    static func create() throws -> ProfileDirectory {
        let root = FileManager.default.temporaryDirectory.path
        let path = "\(root)/\(self.prefix)\(getpid())-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.createDirectory(atPath: "\(path)/downloads", withIntermediateDirectories: false)
            try FileManager.default.createDirectory(atPath: "\(path)/Default", withIntermediateDirectories: false)
            // PDF documents are saved rather than shown by a viewer that nothing can be read in.
            try Data(#"{"plugins":{"always_open_pdf_externally":true}}"#.utf8)
                .write(to: URL(filePath: "\(path)/Default/Preferences"))
        } catch {
            throw BrowserError(.cannotStart, "Cannot create Chromium's profile directory \(path): \(error)")
        }
        return ProfileDirectory(path: path)
    }

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
    }

    /// Ends what processes that no longer live have left: their Chromium and its profile.
    static func reapAbandoned() {
        let root = FileManager.default.temporaryDirectory.path
        // An unreadable temporary directory holds nothing that could be reaped.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            guard name.hasPrefix(self.prefix),
                let owner = pid_t(name.dropFirst(self.prefix.count).prefix { $0.isNumber }),
                kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            let path = "\(root)/\(name)"
            for process in self.processes(using: path) { kill(process, SIGKILL) }
            ProfileDirectory(path: path).delete()
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
