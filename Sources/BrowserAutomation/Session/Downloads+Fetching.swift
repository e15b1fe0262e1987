import AgentEvents
import FoundationEssentials
import SystemPackage
import TextCoding

/// A response that is a file, and not a page to show.
struct FileResponse: Sendable {
    private static let pageTypes = [
        "text/html", "text/plain", "text/xml", "text/css", "text/markdown", "application/json", "",
    ]
    private static let pageFamilies = ["image/", "audio/", "video/", "multipart/", "font/"]

    /// The id of the paused request.
    var request: String
    var url: String
    /// The name that the website suggests.
    var name: String
    var size: Double?
    /// Whether the size is that of the file, and not of a compressed form of it.
    var isSizeExact: Bool
    /// Whether the browser gives the bytes of a stream as text, which loses those that aren't UTF-8.
    var isText: Bool

    /// - Parameter headers: The headers of the response, with names in lower case.
    /// - Returns: `nil` if a browser shows the response as a page.
    init?(request: String, url: String, headers: [String: String]) {
        let disposition = headers["content-disposition"] ?? ""
        let type = (headers["content-type"] ?? "").prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        let isAttached = disposition.lowercased().hasPrefix("attachment")
        let isPage =
            Self.pageTypes.contains(type) || Self.pageFamilies.contains(where: type.hasPrefix)
            || ["xml", "+json", "javascript"].contains(where: type.hasSuffix)
        guard isAttached || !isPage else { return nil }
        self.request = request
        self.url = url
        self.size = headers["content-length"].flatMap { Double($0) }
        self.isSizeExact = self.size != nil && headers["content-encoding"] == nil
        self.isText =
            type.hasPrefix("text/") || ["xml", "json", "javascript"].contains(where: type.hasSuffix)
            || type.hasSuffix("x-www-form-urlencoded")
        let path = url.prefix { $0 != "?" && $0 != "#" }
        self.name = Self.fileName(in: disposition) ?? path.split(separator: "/").last.map(String.init) ?? ""
    }

    /// Returns the file name of a `Content-Disposition` header (RFC 6266).
    static func fileName(in disposition: String) -> String? {
        var plain: String?
        for parameter in disposition.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].trimming { $0.isWhitespace || $0 == "\"" }
            switch parts[0].trimmed.lowercased() {
            case "filename*":
                // charset'language'value
                let pieces = value.split(separator: "'", omittingEmptySubsequences: false)
                if pieces.count == 3, pieces[0].lowercased() == "utf-8",
                    let name = PercentCoding.decodeStrictly(pieces[2])
                {
                    return name
                }
            case "filename": plain = String(value)
            default: break
            }
        }
        return plain
    }
}

/// Reads files over the connection, for browsers that share no file system with this process. The website is asked only
/// once.
extension Downloads {
    private struct Stream: Decodable { var stream: String }

    private struct Piece: Decodable {
        var data: String
        var base64Encoded: Bool?
        var eof: Bool
    }

    private static let pieceSize = 256 << 10

    /// Takes a paused response, and leaves the page as it is.
    /// - Parameter onNews: Called with each change for the report of the current action.
    func take(
        _ file: FileResponse, session: String?, _ connection: CDPConnection,
        onNews: @escaping @Sendable (DownloadUpdate) -> Void
    ) {
        let id = UUID().uuidString
        let begun = self.begin(Begun(guid: id, url: file.url, suggestedFilename: file.name), isReadable: true)
        onNews(begun)
        // The task ends with the response, with the connection, or at the maximum size.
        Task {
            if !begun.isOver, let news = await self.fetch(file, id, session, connection) { onNews(news) }
            connection.post(
                "Fetch.failRequest", ["requestId": .string(file.request), "errorReason": "Aborted"], session: session)
        }
    }

    private func fetch(
        _ file: FileResponse, _ id: String, _ session: String?, _ connection: CDPConnection
    ) async -> DownloadUpdate? {
        // Refuse what is too large before the first byte.
        if let refusal = self.update(Progress(guid: id, totalBytes: file.size, receivedBytes: 0, state: "inProgress")) {
            return refusal
        }
        if file.isText { return await self.fetchWhole(file, id, session, connection) }
        let taken = try? await connection.send(
            "Fetch.takeResponseBodyAsStream", ["requestId": .string(file.request)], session: session, as: Stream.self)
        guard let stream = taken?.stream else {
            return self.update(Progress(guid: id, totalBytes: nil, receivedBytes: 0, state: "canceled"))
        }
        return await self.copy(stream, id, session, connection, size: file.isSizeExact ? file.size : nil)
    }

    /// The download of a file that the page has made itself, and the browser only announces; `nil` for any other event.
    func made(_ event: CDPConnection.Event) -> Begun? {
        guard !self.isShared, event.method == "Browser.downloadWillBegin",
            let begun = try? event.parameters(Begun.self),
            begun.url.hasPrefix("blob:") || begun.url.hasPrefix("data:")
        else { return nil }
        return begun
    }

    /// Takes a file that the page has made itself.
    /// - Parameters:
    ///   - find: Finds what is at a `blob:` address.
    ///   - onNews: Called with each change for the report of the current action.
    func take(
        _ made: Begun, _ connection: CDPConnection,
        find: @escaping @Sendable (String) async -> (stream: String, session: String)?,
        onNews: @escaping @Sendable (DownloadUpdate) -> Void
    ) {
        // Another id than the browser's, which cancels its own download.
        let id = UUID().uuidString
        let begun = self.begin(
            Begun(guid: id, url: made.url, suggestedFilename: made.suggestedFilename), isReadable: true)
        onNews(begun)
        guard !begun.isOver else { return }
        // The task ends with the file, or with the connection.
        Task {
            let end: DownloadUpdate?
            if made.url.hasPrefix("data:") {
                // At least so large: Base64 has four characters for three bytes.
                let size = Double(made.url.utf8.count) * 3 / 4
                let progress = Progress(guid: id, totalBytes: size - 100, receivedBytes: 0, state: "inProgress")
                end = self.update(progress) ?? self.write(Self.content(ofData: made.url), id)
            } else if let blob = await find(made.url) {
                end = await self.copy(blob.stream, id, blob.session, connection)
            } else {
                end = self.write(nil, id)
            }
            if let end { onNews(end) }
        }
    }

    /// The content of a `data:` address (RFC 2397).
    static func content(ofData address: String) -> Data? {
        let parts = address.dropFirst("data:".count).split(
            separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let bytes = PercentCoding.decode(parts[1])
        guard parts[0].lowercased().hasSuffix(";base64") else { return Data(bytes) }
        var text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace && $0 != "=" }
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text)
    }

    private struct Body: Decodable {
        var body: String
        var base64Encoded: Bool
    }

    /// Fetches a text in one piece, because the browser decodes the pieces of a stream of text.
    private func fetchWhole(
        _ file: FileResponse, _ id: String, _ session: String?, _ connection: CDPConnection
    ) async -> DownloadUpdate? {
        let body = try? await connection.send(
            "Fetch.getResponseBody", ["requestId": .string(file.request)], session: session, as: Body.self)
        return self.write(
            body.flatMap { $0.base64Encoded ? Data(base64Encoded: $0.body) : Data($0.body.utf8) }, id)
    }

    /// Writes a whole file; `nil` if there is none.
    private func write(_ bytes: Data?, _ id: String) -> DownloadUpdate? {
        var state = bytes == nil ? "canceled" : "completed"
        do {
            try self.createDirectory()
            try bytes?.write(to: URL(filePath: "\(self.directory)/\(id)"))
        } catch {
            state = "canceled"
        }
        return self.update(
            Progress(guid: id, totalBytes: nil, receivedBytes: Double(bytes?.count ?? 0), state: state))
    }

    private func createDirectory() throws {
        try FileManager.default.createDirectory(
            atPath: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Keeps what the browser has made itself, such as a printed page.
    /// - Parameter stream: The handle of a stream in the browser.
    /// - Returns: The completed download.
    /// - Throws: ``BrowserError`` with code `invalidValue` if it cannot be kept.
    func keep(
        _ stream: String, named name: String, url: String, session: String, _ connection: CDPConnection
    ) async throws -> Download {
        let id = UUID().uuidString
        let begun = self.begin(Begun(guid: id, url: url, suggestedFilename: name), isReadable: true)
        let end = begun.isOver ? begun : await self.copy(stream, id, session, connection)
        guard let kept = self.all.first(where: { $0.id == id }), kept.state == .completed else {
            throw BrowserError(.invalidValue, end?.note ?? "\(name) could not be saved.")
        }
        return kept
    }

    /// Reads a stream of the browser into a file.
    /// - Parameter size: How many bytes there must be: a stream that breaks off ends like one that is complete.
    /// - Returns: How it ended.
    private func copy(
        _ stream: String, _ id: String, _ session: String?, _ connection: CDPConnection, size: Double? = nil
    ) async -> DownloadUpdate? {
        defer { connection.post("IO.close", ["handle": .string(stream)], session: session) }
        var received = 0.0
        func progress(_ state: String) -> DownloadUpdate? {
            self.update(Progress(guid: id, totalBytes: nil, receivedBytes: received, state: state))
        }
        do {
            try self.createDirectory()
            let target = try FileDescriptor.open(
                FilePath("\(self.directory)/\(id)"), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: .ownerReadWrite)
            defer { try? target.close() }
            while true {
                let piece = try await connection.send(
                    "IO.read", ["handle": .string(stream), "size": .integer(Self.pieceSize)], session: session,
                    as: Piece.self)
                let bytes = piece.base64Encoded == true ? Data(base64Encoded: piece.data) : Data(piece.data.utf8)
                guard let bytes else { return progress("canceled") }
                try target.writeAll(bytes)
                received += Double(bytes.count)
                if let refusal = progress("inProgress") { return refusal }
                if piece.eof { return progress(size ?? received == received ? "completed" : "canceled") }
            }
        } catch {
            return progress("canceled")
        }
    }
}
