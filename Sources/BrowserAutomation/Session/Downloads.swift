import AgentEvents
import FoundationEssentials
import Synchronization
import TextCoding

/// A file that a page has sent.
public struct Download: Sendable, Hashable {
    /// The browser's identifier of the download.
    public var id: String
    /// The progress of a download.
    public enum State: String, Sendable, Hashable { case inProgress, completed, failed, refused }

    /// The file name, made safe for the local file system.
    public var name: String
    /// The address of the file, shortened to 2,000 characters.
    public var url: String
    /// The number of bytes received so far.
    public var bytes: Int
    /// The progress of the download.
    public var state: State
    /// The path of the completed file, which exists until the browser is closed.
    public var path: String?
    /// Why the download was refused or failed.
    public var reason: String?
}

/// The limits for downloads.
public struct DownloadPolicy: Sendable, Hashable {
    /// The maximum size of a file, in bytes.
    public var maximumBytes = 50 * 1024 * 1024
    /// The maximum size of all files of a session, in bytes.
    public var maximumTotalBytes = 500 * 1024 * 1024
    /// The maximum number of files in a session.
    public var maximumFiles = 100
    /// The file name extensions to refuse, in lower case. The default refuses programs, scripts and installers.
    public var refusedTypes: Set<String> = [
        "apk", "app", "bash", "bat", "cmd", "com", "cpl", "crx", "deb", "desktop", "dll", "dmg", "docm", "exe", "hta",
        "iso", "jar", "js", "jse", "lnk", "msi", "pif", "pptm", "ps1", "py", "reg", "rpm", "scr", "sh", "url", "vbe",
        "vbs", "wsf", "xlsm",
    ]

    /// Creates the default policy.
    public init() {}
}

/// Keeps track of the downloads of a browser session and stores them in a separate directory.
final class Downloads: Sendable {
    struct Begun: Decodable {
        var guid: String
        var url: String
        var suggestedFilename: String
    }

    struct Progress: Decodable {
        var guid: String
        var totalBytes: Double?
        var receivedBytes: Double
        var state: String
    }

    /// A change in a download, for the report of the current action.
    struct DownloadUpdate {
        var name: String
        /// The text to add to the report, if any.
        var note: String?
        var isOver = false
    }

    private struct State {
        var items: [String: Download] = [:]
        var order: [String] = []
    }

    /// The directory for files: the browser's own, or one of this process.
    let directory: String
    /// Whether the browser writes files where this process can read them. Otherwise their bytes come over the connection.
    let isShared: Bool
    private let policy: DownloadPolicy
    private let state = Mutex(State())

    /// - Parameter directory: The browser's directory; `nil` if it shares no file system with this process.
    init(directory: String?, policy: DownloadPolicy) {
        self.isShared = directory != nil
        self.directory =
            directory ?? "\(FileManager.default.temporaryDirectory.path)/ai4ai-downloads-\(UUID().uuidString)"
        self.policy = policy
    }

    /// Removes what this process has written. The browser's directory is removed with its profile.
    func close() {
        if !self.isShared { try? FileManager.default.removeItem(atPath: self.directory) }
    }

    /// All downloads, in the order in which they started.
    var all: [Download] { self.state.withLock { state in state.order.compactMap { state.items[$0] } } }

    /// Tells the browser where to store downloads.
    func setUp(_ connection: CDPConnection) {
        var parameters: [String: JSONValue] = ["behavior": "deny", "eventsEnabled": true]
        if self.isShared {
            parameters["behavior"] = "allowAndName"
            parameters["downloadPath"] = .string(self.directory)
        }
        connection.post("Browser.setDownloadBehavior", .object(parameters))
    }

    /// Handles a browser event; returns `nil` if the event changes nothing that the report needs.
    func receive(_ event: CDPConnection.Event, _ connection: CDPConnection) -> DownloadUpdate? {
        switch event.method {
        case "Browser.downloadWillBegin":
            guard let begun = try? event.parameters(Begun.self) else { return nil }
            let update = self.begin(begun, isReadable: self.isShared)
            if update.isOver { connection.post("Browser.cancelDownload", ["guid": .string(begun.guid)]) }
            return update
        case "Browser.downloadProgress":
            guard let progress = try? event.parameters(Progress.self) else { return nil }
            let update = self.update(progress)
            if let update, update.isOver, progress.state == "inProgress" {
                connection.post("Browser.cancelDownload", ["guid": .string(progress.guid)])
            }
            return update
        default: return nil
        }
    }

    /// - Parameter isReadable: Whether this process can get the bytes.
    /// - Returns: What to report; over if the download is refused.
    func begin(_ begun: Begun, isReadable: Bool) -> DownloadUpdate {
        let reason = self.state.withLock { state -> String? in
            let name = FileName.unique(
                FileName.safe(begun.suggestedFilename), among: state.items.values.map(\.name))
            let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
            let reason =
                !isReadable
                ? "a file of this type cannot be fetched from a remote browser"
                : state.order.count >= self.policy.maximumFiles
                    ? "the session has \(state.order.count) files already"
                    : self.policy.refusedTypes.contains(ending) ? "\(ending) files are not taken" : nil
            // A page may start any number of downloads, so those far above the limit are not even recorded.
            if state.order.count < self.policy.maximumFiles * 2 {
                state.order.append(begun.guid)
                state.items[begun.guid] = Download(
                    id: begun.guid, name: name, url: String(begun.url.prefix(2000)), bytes: 0,
                    state: reason == nil ? .inProgress : .refused, reason: reason)
            }
            return reason
        }
        let name = FileName.safe(begun.suggestedFilename)
        guard let reason else { return DownloadUpdate(name: self.name(of: begun.guid) ?? name) }
        return DownloadUpdate(name: name, note: "The download of \(name) was refused: \(reason).", isOver: true)
    }

    private func name(of guid: String) -> String? { self.state.withLock { $0.items[guid]?.name } }

    func update(_ progress: Progress) -> DownloadUpdate? {
        let (known, others) = self.state.withLock { state -> (Download?, Int) in
            state.items[progress.guid]?.bytes = Int(exactly: progress.receivedBytes.rounded()) ?? .max
            let kept = state.items.values.filter {
                [.inProgress, .completed].contains($0.state) && $0.id != progress.guid
            }
            return (state.items[progress.guid], kept.reduce(0) { $0 + min($1.bytes, 1 << 40) })
        }
        guard let known, known.state == .inProgress else {
            // The browser may have written part or all of a refused file before it received the cancellation.
            if progress.state != "inProgress" { self.delete(progress.guid) }
            return nil
        }
        let size = max(progress.receivedBytes, progress.totalBytes ?? 0)
        if size > Double(self.policy.maximumBytes) {
            return self.refuse(known, "it has more than \(self.policy.maximumBytes) bytes")
        }
        if size + Double(others) > Double(self.policy.maximumTotalBytes) {
            return self.refuse(
                known, "the files of this session have more than \(self.policy.maximumTotalBytes) bytes together")
        }
        switch progress.state {
        case "completed":
            return DownloadUpdate(name: known.name, note: self.keep(progress.guid, as: known.name), isOver: true)
        case "canceled":
            self.finish(progress.guid, .failed, reason: "it broke off")
            return DownloadUpdate(name: known.name, note: "The download of \(known.name) broke off.", isOver: true)
        default: return nil
        }
    }

    private func refuse(_ download: Download, _ reason: String) -> DownloadUpdate {
        self.finish(download.id, .refused, reason: reason)
        return DownloadUpdate(
            name: download.name, note: "The download of \(download.name) was refused: \(reason).", isOver: true)
    }

    private func finish(_ guid: String, _ state: Download.State, reason: String? = nil, path: String? = nil) {
        self.state.withLock { all in
            all.items[guid]?.state = state
            all.items[guid]?.reason = reason
            all.items[guid]?.path = path
        }
        if state != .completed { self.delete(guid) }
    }

    /// Deletes a file. A failure is harmless: the file may not exist, and the directory is removed with the profile.
    private func delete(_ guid: String) {
        try? FileManager.default.removeItem(atPath: "\(self.directory)/\(guid)")
    }

    /// - Returns: Why the file is lost, if it is.
    private func keep(_ guid: String, as name: String) -> String? {
        let path = "\(self.directory)/\(name)"
        do {
            try FileManager.default.moveItem(atPath: "\(self.directory)/\(guid)", toPath: path)
            self.finish(guid, .completed, path: path)
            return nil
        } catch {
            self.finish(guid, .failed, reason: "it could not be kept: \(error)")
            return "\(name) could not be kept. Download it again."
        }
    }
}
