import Foundation
import Testing

@testable import Backend

@Suite("The page's files")
struct PageFilesTests {
    @Test("every file of the page is served, and none that is not there")
    func complete() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Sources/Backend/Page")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(PageFiles.all.keys) == Set(names).subtracting(["index.html"]))
    }

    @Test("the page's document runs no script and has no style of its own, which its policy forbids")
    func policy() {
        let document = String(decoding: PageFiles.index, as: UTF8.self)
        #expect(!document.contains(" style="))
        #expect(!document.contains("<style"))
        #expect(document.matches(of: #/<script(?![^>]*src=)/#).isEmpty)
    }
}
