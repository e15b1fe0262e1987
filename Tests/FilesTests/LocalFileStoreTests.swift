import AgentEvents
import Files
import Foundation
import RuntimeProtocol
import Testing

@Suite("Local file store")
struct LocalFileStoreTests {
    private static let session = SessionID(rawValue: "a session/..")
    private static let site = "https://tax.example"

    /// Runs `body` with an empty directory for the store, and one for the files to keep.
    private static func inFolder(_ body: (_ store: String, _ source: String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(root)/source", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body("\(root)/store", "\(root)/source")
    }

    private static func write(_ text: String, to path: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private static func piece(
        _ id: String, _ text: String, at offset: Int = 0, last: Bool = true, name: String = "card.txt"
    ) -> FilePiece {
        FilePiece(id: id, name: name, offset: offset, content: Data(text.utf8).base64EncodedString(), last: last)
    }

    private static func newID() -> String { UUID().uuidString.lowercased() }

    @Test("an attached file is listed once its last piece is there, and pieces may be repeated")
    func pieces() async throws {
        try await Self.inFolder { directory, _ in
            let store = LocalFileStore(directory: directory)
            let id = Self.newID()
            for _ in 1...2 {
                #expect(try await store.put(Self.piece(id, "one ", last: false), in: Self.session) == nil)
            }
            #expect(try await store.put(Self.piece(id, "two ", at: 4, last: false), in: Self.session) == nil)
            #expect(try await store.put(Self.piece(id, "TWO ", at: 4, last: false), in: Self.session) == nil)
            #expect(try await store.files(of: Self.session).isEmpty)
            // Another process goes on.
            let other = LocalFileStore(directory: directory)
            for _ in 1...2 {
                let file = try await other.put(Self.piece(id, "three", at: 8), in: Self.session)
                #expect(file == StoredFile(id: id, name: "card.txt", type: "text/plain", size: 13, attached: true))
            }
            #expect(try await other.read(id, of: Self.session, from: 0, count: 99) == Data("one TWO three".utf8))
            #expect(try await other.files(of: Self.session).map(\.id) == [id])
        }
    }

    @Test("an upload that is interrupted by another stays, until it has not gone on for an hour")
    func unfinished() async throws {
        try await Self.inFolder { directory, _ in
            let store = LocalFileStore(directory: directory)
            let (one, two) = (Self.newID(), Self.newID())
            _ = try await store.put(Self.piece(one, "one", last: false), in: Self.session)
            _ = try await store.put(Self.piece(two, "two"), in: Self.session)
            #expect(try await store.put(Self.piece(one, "!", at: 3), in: Self.session)?.size == 4)
            let old = Self.newID()
            _ = try await store.put(Self.piece(old, "old", last: false), in: Self.session)
            let place = try #require(
                FileManager.default.subpaths(atPath: directory)?.first { $0.hasSuffix(".part") })
            try FileManager.default.setAttributes(
                [.modificationDate: Date() - 3601], ofItemAtPath: "\(directory)/\(place)")
            await #expect(throws: FileStoreError.self) {
                try await store.put(Self.piece(old, "!", at: 3), in: Self.session)
            }
        }
    }

    @Test(
        "a piece with an id that is no UUID, with a gap before it, or without content is refused",
        arguments: [
            ("../../etc/passwd", 0, "QQ=="), ("", 0, "QQ=="), ("A", 0, "QQ=="), (nil, 1, "QQ=="), (nil, 0, "?"),
        ])
    func badPieces(id: String?, offset: Int, content: String) async throws {
        try await Self.inFolder { directory, _ in
            let store = LocalFileStore(directory: directory)
            let piece = FilePiece(id: id ?? Self.newID(), name: "a", offset: offset, content: content, last: true)
            let error = await #expect(throws: FileStoreError.self) { try await store.put(piece, in: Self.session) }
            #expect(error?.code == .badPiece)
            let files = try await store.files(of: Self.session)
            #expect(files.isEmpty)
        }
    }

    @Test(
        "a place outside of any file and a piece that is too large are refused",
        arguments: [-1, .max, .max - 1, 1 << 62])
    func places(offset: Int) async throws {
        try await Self.inFolder { directory, _ in
            let store = LocalFileStore(directory: directory)
            let piece = Self.piece(Self.newID(), "ab", at: offset)
            await #expect(throws: FileStoreError.self) { try await store.put(piece, in: Self.session) }
            let large = Self.piece(Self.newID(), String(repeating: "a", count: FileResult.mostBytes + 1))
            await #expect(throws: FileStoreError.self) { try await store.put(large, in: Self.session) }
            #expect(FileManager.default.subpaths(atPath: directory)?.contains { $0.hasSuffix(".part") } != true)
        }
    }

    @Test("an upload that is given up leaves its room, and an error names no path")
    func abandoned() async throws {
        try await Self.inFolder { directory, source in
            var limits = FileLimits()
            limits.sessionBytes = 5
            let store = LocalFileStore(directory: directory, limits: limits)
            let id = Self.newID()
            _ = try await store.put(Self.piece(id, "1234", last: false), in: Self.session)
            // What a website sends counts beside it.
            let path = try Self.write("abcd", to: "\(source)/a")
            await #expect(throws: FileStoreError.self) {
                try await store.keep(path, named: "a", from: nil, in: Self.session)
            }
            var end = Self.piece(id, "")
            end.abandoned = true
            #expect(try await store.put(end, in: Self.session) == nil)
            #expect(try await store.put(Self.piece(Self.newID(), "12345"), in: Self.session) != nil)
            let error = await #expect(throws: FileStoreError.self) {
                try await store.keep("\(source)/missing", named: "b", from: nil, in: Self.session)
            }
            #expect(error?.description.contains("/") == false && error?.reason.contains("missing") == true)
        }
    }

    @Test("unfinished uploads count toward the limits")
    func full() async throws {
        try await Self.inFolder { directory, _ in
            var limits = FileLimits()
            limits.fileBytes = 8
            limits.sessionBytes = 10
            let store = LocalFileStore(directory: directory, limits: limits)
            let id = Self.newID()
            _ = try await store.put(Self.piece(id, "12345678", last: false), in: Self.session)
            for (piece, what) in [(Self.piece(id, "9", at: 8), "file"), (Self.piece(Self.newID(), "123"), "chat")] {
                let error = await #expect(throws: FileStoreError.self, "\(what)") {
                    try await store.put(piece, in: Self.session)
                }
                #expect(error?.code == .full)
            }
            #expect(try await store.put(Self.piece(Self.newID(), "12"), in: Self.session) != nil)
        }
    }

    @Test("a file is kept byte for byte, described by its content, and only for its owner")
    func kept() async throws {
        try await Self.inFolder { directory, source in
            let store = LocalFileStore(directory: directory)
            let path = try Self.write("%PDF-1.4 …", to: "\(source)/a")
            let file = try await store.keep(path, named: "../receipt.pdf", from: Self.site, in: Self.session)
            #expect((file.name, file.type, file.size) == ("receipt.pdf", "application/pdf", 12))
            #expect(file.site == Self.site)
            let data = try await store.read(file.id, of: Self.session, from: 0, count: 100)
            #expect(data == Data("%PDF-1.4 …".utf8))
            #expect(try await store.read(file.id, of: Self.session, from: 5, count: 3) == Data("1.4".utf8))
            #expect(try await store.read(file.id, of: Self.session, from: 99, count: 3).isEmpty)
            let place = try await store.path(of: file.id, in: Self.session)
            let attributes = try FileManager.default.attributesOfItem(atPath: place)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            // The browser's own copy stays: it ends with the browser.
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("files are listed in the order in which they came, under different names, also by another process")
    func listed() async throws {
        try await Self.inFolder { directory, source in
            let store = LocalFileStore(directory: directory)
            let path = try Self.write("one", to: "\(source)/a")
            for name in ["a.txt", "A.txt", "b.txt"] {
                _ = try await store.keep(path, named: name, from: nil, in: Self.session)
            }
            let names = try await LocalFileStore(directory: directory).files(of: Self.session).map(\.name)
            #expect(names == ["a.txt", "A (2).txt", "b.txt"])
            #expect(try await store.files(of: SessionID(rawValue: "other")).isEmpty)
        }
    }

    @Test("a file of another session isn't there, and an id is no path", arguments: ["", "..", "../x", "nothing"])
    func strangers(id: String) async throws {
        try await Self.inFolder { directory, source in
            let store = LocalFileStore(directory: directory)
            let path = try Self.write("one", to: "\(source)/a")
            let file = try await store.keep(path, named: "a", from: nil, in: Self.session)
            let other = SessionID(rawValue: "other")
            for (id, session) in [(id, Self.session), (file.id, other)] {
                let error = await #expect(throws: FileStoreError.self) {
                    _ = try await store.read(id, of: session, from: 0, count: 1)
                }
                #expect(error?.code == .notFound)
            }
        }
    }

    @Test("what is too large, or too many, is refused whole")
    func limits() async throws {
        try await Self.inFolder { directory, source in
            var limits = FileLimits()
            (limits.fileBytes, limits.sessionBytes, limits.files) = (5, 8, 3)
            let store = LocalFileStore(directory: directory, limits: limits)
            for (text, isKept) in [
                ("123456", false), ("12345", true), ("1234", false), ("1", true), ("1", true), ("", false),
            ] {
                let path = try Self.write(text, to: "\(source)/a")
                let file = try? await store.keep(path, named: "a", from: nil, in: Self.session)
                #expect((file != nil) == isKept, "\(text)")
            }
            #expect(try await store.files(of: Self.session).count == 3)
        }
    }

    @Test("what a crash left half is not listed, and goes with the next file")
    func leftovers() async throws {
        try await Self.inFolder { directory, source in
            let store = LocalFileStore(directory: directory)
            let path = try Self.write("one", to: "\(source)/a")
            let file = try await store.keep(path, named: "a", from: nil, in: Self.session)
            let folder = (try await store.path(of: file.id, in: Self.session)).dropLast(file.id.utf8.count + 1)
            _ = try Self.write("half", to: "\(folder)/0000")
            #expect(try await store.files(of: Self.session) == [file])
            _ = try await store.keep(path, named: "b", from: nil, in: Self.session)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/0000"))
        }
    }

    @Test("a session's files are removed together, again and again")
    func removed() async throws {
        try await Self.inFolder { directory, source in
            let store = LocalFileStore(directory: directory)
            let path = try Self.write("one", to: "\(source)/a")
            _ = try await store.keep(path, named: "a", from: nil, in: Self.session)
            for _ in 1...2 { try await store.removeAll(of: Self.session) }
            #expect(try await store.files(of: Self.session).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test(
        "a type is found by the content, whatever the name says",
        arguments: [
            ("%PDF-1.7", "a.txt", "application/pdf"), ("GIF89a…", "a", "image/gif"),
            ("<html><script>alert(1)</script>", "a.pdf", "application/octet-stream"),
            ("<svg onload=alert(1)>", "a.png", "application/octet-stream"), ("a,b\n1,2", "a.csv", "text/csv"),
            ("words", "a.txt", "text/plain"), ("words", "a.html", "application/octet-stream"),
            ("PK\u{3}\u{4}", "a.zip", "application/zip"), ("MZ", "a.exe", "application/octet-stream"),
        ])
    func types(content: String, name: String, type: String) {
        #expect(MediaType.of(Data(content.utf8), named: name) == type)
    }
}
