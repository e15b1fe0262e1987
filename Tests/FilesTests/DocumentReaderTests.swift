import AgentEvents
import Files
import Foundation
import RuntimeProtocol
import Testing

@testable import DemoSite

/// Poppler's programs read the files, confined as in production.
@Suite("Document reader", .timeLimit(.minutes(15)))
struct DocumentReaderTests {
    private static func read(
        _ bytes: some Sequence<UInt8>, type: String = MediaType.pdf, from page: Int = 1,
        with reader: DocumentReader = .init()
    ) async throws -> DocumentText {
        let path = FileManager.default.temporaryDirectory.appending(path: "document-\(UUID().uuidString)").path
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await reader.text(
            of: StoredFile(id: "1", name: "a.pdf", type: type, size: 1), at: path, from: page)
    }

    private static func refusal(_ bytes: some Sequence<UInt8>, type: String = MediaType.pdf, from page: Int = 1) async
        -> String
    {
        await #expect(throws: FileStoreError.self) { _ = try await read(bytes, type: type, from: page) }?.description
            ?? ""
    }

    private static let receipt = Receipt(
        plate: "WXY 1234", vehicle: Vehicle(model: "Perodua (Myvi)", expiry: "", amount: "RM 70.00"), year: "2025")

    @Test("the text of a PDF is read, page by page")
    func pdf() async throws {
        let text = try await Self.read(Self.receipt.pdf)
        #expect((text.first, text.count, text.pages.count) == (1, 1, 1))
        #expect(text.pages[0].contains("Amount paid: RM 70.00"))
        #expect(text.pages[0].contains("Perodua (Myvi)"))
    }

    @Test("a title that claims to be the number of pages isn't believed", arguments: [1, Int.max])
    func claims(pages: Int) async throws {
        let lie = String(decoding: Self.receipt.pdf, as: UTF8.self).replacing(
            "/Root 1 0 R", with: "/Root 1 0 R /Info << /Title (Bill\\nPages: \(pages)) >>")
        let text = try await Self.read(Data(lie.utf8))
        #expect(text.count == 1)
        #expect(await Self.refusal(Data(lie.utf8), from: pages == 1 ? 2 : pages).contains("its pages are 1 to 1"))
    }

    @Test("plain text is its own only page")
    func plain() async throws {
        let text = try await Self.read(Data("a,b\n1,2".utf8), type: "text/csv")
        #expect(text == DocumentText(first: 1, pages: ["a,b\n1,2"], count: 1))
    }

    @Test("a page that isn't there is refused with those that are")
    func noPage() async { #expect(await Self.refusal(Self.receipt.pdf, from: 2).contains("its pages are 1 to 1")) }

    @Test(
        "a damaged file is refused",
        arguments: [
            ("%PDF-1.4", 1), ("%PDF-1.4\n%%EOF", 1), ("", 1), ("<html>", 1), ("%PDF-1.4 1 0 obj << /Kids [", 9000),
        ])
    func damaged(content: String, times: Int) async {
        let content = String(repeating: content, count: times)
        #expect(await Self.refusal(Data(content.utf8)).contains("damaged"))
    }

    @Test("what only a person can open is said to be so")
    func unknown() async {
        #expect(await Self.refusal([0, 1], type: "application/zip").contains("The person can open it"))
    }

    @Test("without poppler, the remedy is said")
    func missing() async {
        let error = await #expect(throws: FileStoreError.self) {
            _ = try await Self.read(Self.receipt.pdf, with: DocumentReader(searchPath: "/nowhere"))
        }
        #expect(error?.description.contains("poppler-utils") == true)
    }

    private static func fixture(_ name: String) throws -> Data {
        try Data(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Fixtures/documents/\(name)"))
    }

    @Test("a PDF with a password is said to be locked, and what to do")
    func locked() async throws {
        let refusal = await Self.refusal(try Self.fixture("locked.pdf"))
        #expect(refusal.contains("locked with a password. Ask the person for a copy without one."))
    }

    @Test("a small PDF that unpacks to half a gigabyte is refused within the limits")
    func bomb() async throws {
        let refusal = await Self.refusal(try Self.fixture("bomb.pdf"))
        #expect(["damaged", "too much", "took longer"].contains { refusal.contains($0) }, "\(refusal)")
    }

    @Test("a scan has no text, and pictures of its pages")
    func scan() async throws {
        let drawn = Data(
            String(decoding: Self.receipt.pdf, as: UTF8.self).replacing("Tj", with: "pop").utf8)
        #expect(try await Self.read(drawn).isEmpty)
        let path = FileManager.default.temporaryDirectory.appending(path: "document-\(UUID().uuidString)").path
        try drawn.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = StoredFile(id: "1", name: "a.pdf", type: MediaType.pdf, size: 1)
        let pictures = try await DocumentReader().pictures(of: file, at: path, from: 1, most: 3)
        #expect(pictures.count == 1 && pictures[0].starts(with: [0xFF, 0xD8, 0xFF]))
    }

    @Test("a long text is divided into pages at the ends of its lines, and none of it is lost")
    func long() async throws {
        let lines = (1...3000).map { "Line \($0) of a long text" }
        let text = try await Self.read(Data(lines.joined(separator: "\n").utf8), type: "text/plain")
        #expect(text.count > 5 && text.pages.allSatisfy { $0.utf8.count <= 10_000 })
        #expect(text.pages.joined(separator: "\n") == lines.joined(separator: "\n"))
        let windows = try await Self.read(Data(lines.joined(separator: "\r\n").utf8), type: "text/csv")
        #expect(windows.pages == text.pages)
        let one = try await Self.read(Data(String(repeating: "é", count: 30_000).utf8), type: "text/plain")
        #expect(one.count > 5 && one.pages.allSatisfy { $0.utf8.count <= 10_000 })
        let third = try await Self.read(Data(lines.joined(separator: "\n").utf8), type: "text/plain", from: 3)
        #expect(third.first == 3 && third.pages.first == text.pages[2])
    }
}
