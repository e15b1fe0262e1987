import AgentEvents
import Files
import Foundation
import RuntimeProtocol
import Testing

/// Documents of python-docx, openpyxl, and python-pptx, and what is wrong with others.
@Suite("Office documents", .timeLimit(.minutes(15)))
struct OfficeReaderTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/documents")

    private static func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

    private static func read(_ data: Data, named name: String, from page: Int = 1) async throws -> DocumentText {
        let path = FileManager.default.temporaryDirectory.appending(path: "document-\(UUID().uuidString)").path
        try data.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = StoredFile(
            id: "1", name: name, type: MediaType.of(data.prefix(4096), named: name), size: data.count)
        return try await DocumentReader().text(of: file, at: path, from: page)
    }

    private static func refusal(_ data: Data, named name: String) async -> String {
        await #expect(throws: FileStoreError.self) { _ = try await read(data, named: name) }?.description ?? ""
    }

    @Test("a letter is read with its tables, its entities, and letters of every language")
    func letter() async throws {
        let text = try await Self.read(try Self.data("letter.docx"), named: "letter.docx").pages.joined()
        #expect(text.contains("Notice of renewal\nDear Aminah & family, your road tax <ends> soon.\n"))
        #expect(text.contains("Plate  | Due  | \nWXY 1234  | RM 70.00  | \n"))
        #expect(text.contains("Hormat kami, 日本 தமிழ்"))
    }

    @Test("each sheet of a table is a page, with dates as dates and cells in their columns")
    func table() async throws {
        let text = try await Self.read(try Self.data("table.xlsx"), named: "table.xlsx")
        #expect(text.count == 2)
        #expect(text.pages[0].hasPrefix("# Vehicles\nPlate | Expires | Due | Paid"))
        #expect(text.pages[0].contains("WXY 1234 | 2026-12-31 | 70.5 | TRUE |  | far\n"))
        #expect(text.pages[0].contains("ABC 5678 | 2026-11-14 09:30 |  | FALSE"))
        #expect(text.pages[1].contains("# Notes & more\n | Only here"))
    }

    @Test("each slide is a page, in order")
    func slides() async throws {
        let text = try await Self.read(try Self.data("slides.pptx"), named: "slides.pptx")
        #expect(
            text.pages.map { $0.split(separator: "\n") } == [
                ["First slide", "Opening hours"], ["Second slide", "9 to 5"],
            ])
    }

    @Test(
        "what is no office document, is cut off, or was changed is refused",
        arguments: ["letter.docx", "table.xlsx", "slides.pptx"])
    func damaged(name: String) async throws {
        let data = try Self.data(name)
        #expect(await Self.refusal(data.prefix(data.count / 2), named: name).contains("damaged or locked"))
        #expect(await Self.refusal(Data("PK\u{3}\u{4}".utf8), named: name).contains("damaged or locked"))
        // A letter with the ending of a table.
        let other = name == "table.xlsx" ? "a.docx" : "a.xlsx"
        #expect(await Self.refusal(data, named: other).contains("damaged or locked"))
        // Each byte of the directory and of what it describes may be wrong; none of them ends the process.
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var changed = data
            for _ in 0..<3 { changed[Int.random(in: 0..<data.count, using: &generator)] = .random(in: 0...255) }
            _ = try? await Self.read(changed, named: name)
        }
    }

    /// A ZIP file with one entry, whose directory says what it wants.
    private static func archive(_ name: String, _ content: Data, size: UInt32, isDeflated: Bool) -> Data {
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> Data {
            withUnsafeBytes(of: number.littleEndian) { Data($0) }
        }
        let common =
            bytes(UInt16(20)) + bytes(UInt16(0)) + bytes(UInt16(isDeflated ? 8 : 0)) + bytes(UInt32(0))
            + bytes(UInt32(0))
            + bytes(UInt32(content.count)) + bytes(size) + bytes(UInt16(name.utf8.count)) + bytes(UInt16(0))
        let local = Data("PK\u{3}\u{4}".utf8) + common + Data(name.utf8) + content
        let central =
            Data("PK\u{1}\u{2}".utf8) + bytes(UInt16(20)) + common + bytes(UInt16(0)) + bytes(UInt16(0))
            + bytes(UInt16(0))
            + bytes(UInt32(0)) + bytes(UInt32(0)) + Data(name.utf8)
        return local + central + Data("PK\u{5}\u{6}".utf8) + bytes(UInt32(0)) + bytes(UInt16(1)) + bytes(UInt16(1))
            + bytes(UInt32(central.count)) + bytes(UInt32(local.count)) + bytes(UInt16(0))
    }

    @Test("a part that says that it is larger than the limit, or has more than it says, is refused")
    func bombs() async {
        // A deflated block of 65,535 zeros and more: the length says 10.
        let zeros = Data([0x63, 0x60, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x8C, 0x02, 0x08, 0x00, 0x00])
        let lying = Self.archive("word/document.xml", zeros, size: 10, isDeflated: true)
        #expect(await Self.refusal(lying, named: "a.docx").contains("damaged or locked"))
        let huge = Self.archive("word/document.xml", zeros, size: 2_000_000_000, isDeflated: true)
        #expect(await Self.refusal(huge, named: "a.docx").contains("too much in it"))
    }

    @Test("a document that declares entities is refused")
    func entities() async {
        let xml = Data(
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><w:document><w:p><w:t>&e; here</w:t></w:p></w:document>"
                .utf8)
        let archive = Self.archive("word/document.xml", xml, size: UInt32(xml.count), isDeflated: false)
        #expect(await Self.refusal(archive, named: "a.docx").contains("damaged or locked"))
    }

    @Test("one long text that many cells name is refused before it is repeated")
    func repeated() async {
        // 800 cells of a text of 10,000 characters, in a letter's table: what counts is the text that comes out.
        let cell = "<w:t>\(String(repeating: "x", count: 10_000))</w:t>"
        let xml = Data("<w:document>\(String(repeating: cell, count: 800))</w:document>".utf8)
        let archive = Self.archive("word/document.xml", xml, size: UInt32(xml.count), isDeflated: false)
        #expect(await Self.refusal(archive, named: "a.docx").contains("too much in it"))
    }

    @Test("marked sections are text, and what older programs would show instead is left out")
    func sections() async throws {
        let xml = Data(
            "<d><p><t><![CDATA[a < b]]></t></p><Fallback><p><t>again</t></p></Fallback><tabs><tab/></tabs><p><t>end</t></p></d>"
                .utf8)
        let archive = Self.archive("word/document.xml", xml, size: UInt32(xml.count), isDeflated: false)
        #expect(try await Self.read(archive, named: "a.docx").pages == ["a < b\nend\n"])
    }
}
