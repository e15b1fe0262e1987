import AgentEvents
import Files
import Foundation
import RuntimeProtocol
import Testing

@testable import DemoSite

/// Poppler's programs read the files, confined as in production.
@Suite("Document reader", .timeLimit(.minutes(2)))
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
}
