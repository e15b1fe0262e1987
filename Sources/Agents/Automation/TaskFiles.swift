import AgentEvents
import AgentLoop
import BrowserAutomation
import Files
import FoundationEssentials
import RuntimeProtocol

/// The files of a task: those that the user attached, and those that websites send. They're kept with the session, because
/// the browser's own copies end with it.
actor TaskFiles {
    /// The files that came, and why others didn't.
    struct News: Sendable {
        var kept: [StoredFile] = []
        var refused: [String] = []
        var isEmpty: Bool { self.kept.isEmpty && self.refused.isEmpty }
    }

    private static let reader = DocumentReader()
    /// How long a task waits at its end for a file that is still arriving.
    private static let timeout = Duration.seconds(60)

    private let store: any FileStore
    private let session: SessionID
    /// The downloads that are kept, or can't be.
    private var handled: Set<String> = []

    init(store: any FileStore, session: SessionID) {
        self.store = store
        self.session = session
    }

    /// Keeps the downloads that have been completed since the last call.
    func collect(from browser: BrowserSession) async -> News {
        var news = News()
        // Before the first suspension, so that a call at the same time doesn't keep them again.
        let ended = browser.downloads.filter { $0.state != .inProgress && self.handled.insert($0.id).inserted }
        for download in ended {
            // The browser has told why it refused a file, or why one failed.
            guard let path = download.path else { continue }
            Failpoint.reach(.downloadEnded)
            do {
                news.kept.append(
                    try await self.store.keep(path, named: download.name, from: download.site, in: self.session))
            } catch {
                news.refused.append("\(error)")
            }
        }
        return news
    }

    /// Keeps a text that the agent has made as a file.
    func keep(_ text: String, named name: String, from site: String) async -> News {
        let path = "\(FileManager.default.temporaryDirectory.path)/ai4ai-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
            return News(kept: [try await self.store.keep(path, named: name, from: site, in: self.session)])
        } catch {
            return News(refused: ["\(error)"])
        }
    }

    /// Waits for the downloads in progress, and keeps them.
    func collectAll(from browser: BrowserSession) async throws -> News {
        let deadline = ContinuousClock.now + Self.timeout
        while browser.downloads.contains(where: { $0.state == .inProgress }), browser.isAlive, .now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        return await self.collect(from: browser)
    }

    /// Returns a file of the session by its name, also one of an earlier task; the newest one without a name.
    /// - Throws: ``FileStoreError``.
    func find(_ name: String?) async throws -> StoredFile {
        let files = try await self.store.files(of: self.session)
        let wanted = name.map { name in files.last { $0.name.lowercased() == name.lowercased() } } ?? files.last
        guard let wanted else {
            let names = files.map(\.name).joined(separator: ", ")
            throw FileStoreError(
                .notFound, files.isEmpty ? "This chat has no file." : "There is no such file. There are: \(names)."
            )
        }
        return wanted
    }

    /// Reads a file that has no text: a picture, or pages of a scanned document.
    /// - Returns: The pictures, and the format that they have; none if the file is neither.
    /// - Throws: ``FileStoreError``.
    func pictures(of file: StoredFile, from page: Int) async throws -> [Attachment] {
        if let format = Self.formats[file.type] {
            guard file.size <= Self.largestPicture else {
                throw FileStoreError(
                    .unreadable, "\(file.name) can't be seen: a picture may have \(Self.largestPicture) bytes.")
            }
            let bytes = try await self.store.read(file.id, of: self.session, from: 0, count: file.size)
            return [Attachment(format, name: "picture", base64: bytes.base64EncodedString())]
        }
        guard file.type == MediaType.pdf else { return [] }
        let path = try await self.store.path(of: file.id, in: self.session)
        return try await Self.reader.pictures(of: file, at: path, from: page, most: Self.mostPictures)
            .map { Attachment(.jpeg, name: "page", base64: $0.base64EncodedString()) }
    }

    private static let formats: [String: Attachment.Format] = [
        "image/png": .png, "image/jpeg": .jpeg, "image/gif": .gif, "image/webp": .webp,
    ]
    /// What models accept at least, in bytes before Base64.
    private static let largestPicture = 3_500_000
    private static let mostPictures = 3

    /// Returns where the files are for an upload.
    /// - Throws: ``FileStoreError``.
    func sources(of files: [StoredFile]) async throws -> [UploadFile] {
        var sources: [UploadFile] = []
        for file in files {
            let path = try await self.store.path(of: file.id, in: self.session)
            sources.append(UploadFile(path: path, name: file.name, type: file.type))
        }
        return sources
    }

    /// Reads the text of a file, from a page on.
    /// - Throws: ``FileStoreError``.
    func text(of file: StoredFile, from page: Int) async throws -> DocumentText {
        try await Self.reader.text(
            of: file, at: try await self.store.path(of: file.id, in: self.session), from: page)
    }
}
