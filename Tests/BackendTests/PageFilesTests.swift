import Foundation
import Testing

@testable import Backend

@Suite("Page files")
struct PageFilesTests {
    @Test("all files of the page are served, and no others")
    func complete() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Sources/Backend/Page")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(PageFiles.all.keys) == Set(names).subtracting(["index.html"]))
    }

    @Test("the page's document contains no inline script or style, which its content security policy forbids")
    func policy() {
        let document = String(decoding: PageFiles.index, as: UTF8.self)
        #expect(!document.contains(" style="))
        #expect(!document.contains("<style"))
        #expect(document.matches(of: #/<script(?![^>]*src=)/#).isEmpty)
    }
}
