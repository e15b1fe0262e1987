import AgentEvents
public import FoundationEssentials
public import RuntimeProtocol
import Subprocess
import SystemPackage

/// The text of some pages of a document.
public struct DocumentText: Sendable, Hashable {
    /// The number of the first page in ``pages``, counted from 1.
    public var first: Int
    public var pages: [String]
    /// The number of pages that the document has.
    public var count: Int

    /// Whether the pages have no text, as those of a scanned document.
    public var isEmpty: Bool { !self.pages.contains { $0.contains { !$0.isWhitespace } } }

    public init(first: Int, pages: [String], count: Int) {
        self.first = first
        self.pages = pages
        self.count = count
    }
}

/// Reads the text of files: PDF with poppler's programs, office documents, and plain text.
public struct DocumentReader: Sendable {
    /// The maximum number of pages that are read at once.
    private static let mostPages = 20
    private static let mostPagesCounted = 100_000
    /// The maximum size of the text or picture that is read at once, in bytes.
    private static let mostOutput = 2 << 20
    /// The longer edge of a page's picture, in pixels: enough to read a letter.
    private static let pictureEdge = 1100
    private static let previewEdge = 320
    private static let timeout = Duration.seconds(20)
    private let searchPath: String

    /// Creates a reader.
    /// - Parameter searchPath: Where poppler's programs are searched for; `PATH` by default.
    public init(searchPath: String? = nil) {
        self.searchPath = searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    }

    /// Reads the text of a file.
    /// - Parameters:
    ///   - path: Where the file is on this machine.
    ///   - first: The first page to read, counted from 1. Texts without pages are divided into some.
    /// - Throws: ``FileStoreError`` with code `unreadable`, whose text says why and what to do.
    public func text(of file: StoredFile, at path: String, from first: Int = 1) async throws -> DocumentText {
        switch file.type {
        case MediaType.pdf: return try await self.pages(of: file.name, path, from: first)
        case "text/plain", "text/csv":
            let data = try await self.plainText(path)
            return try Self.paged([String(decoding: data, as: UTF8.self)], from: first, file.name)
        default:
            guard let ending = MediaType.officeEnding(of: file.type) else {
                throw Self.unreadable(
                    file.name,
                    "it is \(file.type); PDF, Word, Excel, PowerPoint, and plain text can be read. The person can open it."
                )
            }
            return try Self.paged(try self.office(path, ending, file.name), from: first, file.name)
        }
    }

    /// The size of a page of a text that has none of its own, in bytes.
    private static let pageSize = 10_000

    /// Divides a text into pages at the ends of its lines.
    private static func paged(_ parts: [String], from first: Int, _ name: String) throws -> DocumentText {
        var pages: [String] = []
        for part in parts {
            var page = ""
            for line in Self.lines(of: part) {
                if !page.isEmpty, page.utf8.count + line.utf8.count >= Self.pageSize {
                    pages.append(page)
                    page = ""
                }
                page += page.isEmpty ? line : "\n\(line)"
            }
            pages.append(page)
        }
        guard (1...pages.count).contains(first) else {
            throw Self.unreadable(name, "it has no page \(first); its pages are 1 to \(pages.count).")
        }
        return DocumentText(
            first: first, pages: Array(pages[(first - 1)...].prefix(Self.mostPages)), count: pages.count)
    }

    private static func lines(of text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { line in
            var pieces: [Substring] = []
            var rest = line
            while rest.utf8.count > self.pageSize {
                let piece = rest.prefix(self.pageSize / 4)
                pieces.append(piece)
                rest = rest[piece.endIndex...]
            }
            return pieces + [rest]
        }
    }

    private func office(_ path: String, _ ending: String, _ name: String) throws -> [String] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            do {
                var reader = try OfficeReader(file)
                return try reader.parts(ending: ending)
            } catch is ZipArchive.TooLarge {
                throw Self.unreadable(name, "it has too much in it. The person can open it.")
            } catch is ZipArchive.Damaged {
                throw Self.unreadable(name, "it is damaged or locked with a password. The person can open it.")
            }
        }
    }

    /// Returns pictures of a PDF's pages as JPEG, for documents without text.
    /// - Parameters:
    ///   - first: The first page, counted from 1.
    ///   - most: The maximum number of pictures.
    /// - Throws: ``FileStoreError`` with code `unreadable`.
    public func pictures(
        of file: StoredFile, at path: String, from first: Int, most: Int
    ) async throws -> [Data] {
        let count = try await self.pageCount(of: file.name, path, including: first)
        var pictures: [Data] = []
        for page in first..<min(first + most, count + 1) {
            pictures.append(try await self.picture(of: page, Self.pictureEdge, file.name, path))
        }
        return pictures
    }

    /// Returns a small picture of a PDF's first page as JPEG.
    /// - Throws: ``FileStoreError`` with code `noPreview` for other files, `unreadable`.
    public func preview(of file: StoredFile, at path: String) async throws -> Data {
        guard file.type == MediaType.pdf else {
            throw FileStoreError(.noPreview, "\(file.name) has no preview: only PDF files have one.")
        }
        return try await self.picture(of: 1, Self.previewEdge, file.name, path)
    }

    private func picture(of page: Int, _ edge: Int, _ name: String, _ path: String) async throws -> Data {
        Data(
            try await self.run(
                "pdftoppm", ["-q", "-jpeg", "-f", "\(page)", "-l", "\(page)", "-scale-to", "\(edge)", "-"], on: path,
                name))
    }

    private func plainText(_ path: String) async throws -> Data {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var data = Data(count: Self.mostOutput)
            let count = try data.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
            return data.prefix(count)
        }
    }

    // MARK: PDF

    /// The number of pages of a PDF.
    /// - Throws: ``FileStoreError`` if the wanted page isn't one of them.
    private func pageCount(of name: String, _ path: String, including first: Int) async throws -> Int {
        let facts = String(decoding: try await self.run("pdfinfo", ["-"], on: path, name), as: UTF8.self)
        // The last such line is pdfinfo's own: what the file says of itself comes before, and may contain line ends.
        let count = facts.split(separator: "\n").last { $0.hasPrefix("Pages:") }
            .flatMap { Int($0.dropFirst("Pages:".count).drop { $0 == " " }) }.map { min($0, Self.mostPagesCounted) }
        guard let count, count > 0 else { throw Self.unreadable(name, "it says of no page that it has it.") }
        guard (1...count).contains(first) else {
            throw Self.unreadable(name, "it has no page \(first); its pages are 1 to \(count).")
        }
        return count
    }

    private func pages(of name: String, _ path: String, from first: Int) async throws -> DocumentText {
        let count = try await self.pageCount(of: name, path, including: first)
        let last = first + min(Self.mostPages - 1, count - first)
        let output = try await self.run(
            "pdftotext", ["-q", "-layout", "-enc", "UTF-8", "-f", "\(first)", "-l", "\(last)", "-", "-"], on: path, name
        )
        let text = String(decoding: output, as: UTF8.self)
        // Each page ends with a form feed.
        let pages = text.split(separator: "\u{0C}", omittingEmptySubsequences: false).prefix(last - first + 1)
        return DocumentText(first: first, pages: pages.map(String.init), count: count)
    }

    /// Runs one of poppler's programs, confined, with the file as its input.
    private func run(_ program: String, _ arguments: [String], on path: String, _ name: String) async throws -> [UInt8]
    {
        guard let executable = self.find(program) else {
            throw Self.unreadable(
                name, "\(program) is missing here. Install Debian's poppler-utils, or let the person open it.")
        }
        let result = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await Self.outcome(executable, arguments, on: path) }
            group.addTask {
                // Canceled when the program ends.
                try? await Task.sleep(for: Self.timeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let result else {
            throw Self.unreadable(name, "reading it took longer than \(Self.timeout). The person can open it.")
        }
        if result.isTooLong { throw Self.unreadable(name, "its pages have too much in them. The person can open it.") }
        if let output = result.output { return output }
        let isLocked = result.errors.contains("Incorrect password")
        throw Self.unreadable(
            name,
            isLocked
                ? "it is locked with a password. Ask the person for a copy without one."
                : "it is damaged. Download it again.")
    }

    private struct Outcome: Sendable {
        /// The program's output, if it succeeded.
        var output: [UInt8]?
        var errors = ""
        var isTooLong = false
    }

    private static func outcome(_ executable: String, _ arguments: [String], on path: String) async -> Outcome {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        do {
            let input = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            let result = try await Subprocess.run(
                .path(FilePath(Confinement.program)),
                arguments: Arguments([Confinement.command, executable] + arguments),
                environment: .custom(["LC_ALL": "C.UTF-8"]), platformOptions: options,
                input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .bytes(limit: Self.mostOutput),
                error: .string(limit: 64 << 10))
            let isDone = result.terminationStatus.isSuccess
            return Outcome(output: isDone ? result.standardOutput : nil, errors: result.standardError)
        } catch {
            // pdfinfo's output is short; only its warnings may be many.
            let isShort = executable.hasSuffix("pdfinfo")
            return Outcome(isTooLong: !isShort && (error as? SubprocessError)?.code == .outputLimitExceeded)
        }
    }

    private func find(_ program: String) -> String? {
        self.searchPath.split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func unreadable(_ name: String, _ why: String) -> FileStoreError {
        FileStoreError(.unreadable, "\(name) can't be read: \(why)")
    }
}
