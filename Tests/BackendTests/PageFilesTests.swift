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

    @Test("a bundle is split into its parts, whatever they contain")
    func parts() {
        let parts = PageFiles.parts(Array("main.js 9\na 1\nb\n\n\u{FF}part-A.js 0\nmain.css 1\n.".utf8))
        #expect(
            parts.mapValues { String(decoding: $0, as: UTF8.self) } == [
                "main.js": "a 1\nb\n\n\u{FF}", "part-A.js": "", "main.css": ".",
            ])
        #expect(PageFiles.parts([]).isEmpty)
    }

    @Test("the bundled document names the bundle and the rest of the document, and no plain module")
    func bundled() throws {
        guard let bundle = PageFiles.bundle else { return }
        let document = String(decoding: try #require(bundle["index.html"]), as: UTF8.self)
        let plain = String(decoding: PageFiles.index, as: UTF8.self)
        let body = try #require(plain.firstRange(of: "<body>"))
        #expect(document.hasSuffix(plain[body.lowerBound...]))
        let named = document.matches(of: #/\/assets\/([\w.-]+\.(?:js|css))"/#).map { String($0.1) }
        #expect(named.contains("main.js") && named.contains("main.css"))
        #expect(Set(named).isSubset(of: bundle.keys))
    }
}
