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
        for (name, text) in PageFiles.all {
            #expect(try Data(text.utf8) == Data(contentsOf: folder.appending(path: name)), "\(name)")
        }
    }

    @Test("the page's document contains no inline script or style, which its content security policy forbids")
    func policy() {
        let document = PageFiles.index
        #expect(!document.contains(" style="))
        #expect(!document.contains("<style"))
        #expect(document.matches(of: #/<script(?![^>]*src=)/#).isEmpty)
    }

    @Test("the bundled document names the bundle and the rest of the document, and no plain module")
    func bundled() throws {
        let bundle = PageFiles.bundle
        guard !bundle.isEmpty else { return }
        let document = try #require(bundle["index.html"])
        let plain = PageFiles.index
        let body = try #require(plain.firstRange(of: "<body>"))
        #expect(document.hasSuffix(plain[body.lowerBound...]))
        let named = document.matches(of: #/\/assets\/([\w.-]+\.(?:js|css))"/#).map { String($0.1) }
        #expect(named.contains("main.js") && named.contains("main.css"))
        #expect(Set(named).isSubset(of: bundle.keys))
    }
}
