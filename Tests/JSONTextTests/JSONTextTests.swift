import Foundation
import JSONText
import Testing

@Suite("Unpaired surrogates in JSON")
struct JSONTextTests {
    @Test(
        "half a surrogate pair becomes the replacement character",
        arguments: [
            (#"["Very good \ud83d"]"#, "Very good \u{FFFD}"), (#"["\ude00!"]"#, "\u{FFFD}!"),
            (#"["a\uD83D\uD83Db"]"#, "a\u{FFFD}\u{FFFD}b"), (#"["\ud83d\ude00"]"#, "😀"),
            (#"["a\\ud83d \ud83d"]"#, #"a\ud83d "# + "\u{FFFD}"), (#"["\ud83d\n"]"#, "\u{FFFD}\n"),
        ])
    func half(json: String, text: String) throws {
        #expect(try JSONText.decode([String].self, from: Data(json.utf8)) == [text])
    }

    @Test("a member name can contain half a surrogate pair too")
    func key() throws {
        let read = try JSONText.decode([String: Int].self, from: Data(#"{"\ud83d":1}"#.utf8))
        #expect(read == ["\u{FFFD}": 1])
    }

    @Test("invalid JSON is still rejected", arguments: ["", "{", #"["\ud83d"#, #"["\ud8"]"#, #"["\"#])
    func noJSON(text: String) {
        #expect(throws: DecodingError.self) { try JSONText.decode([String].self, from: Data(text.utf8)) }
    }

    @Test(
        "a surrogate pair that is split between documents is joined",
        arguments: [
            (["a\\ud83d", "\\ude00b"], "a😀b"), (["\\ud83d", "no"], "no"), (["\\ud83d", "", "\\ude00"], "😀"),
            (["\\ude00", "b"], "\u{FFFD}b"), (["x\\ud83dy", "z"], "x\u{FFFD}yz"),
        ])
    func pieces(pieces: [String], text: String) throws {
        var reader = JSONPieces()
        let read = try pieces.map { try reader.decode([String].self, from: Data(#"["\#($0)"]"#.utf8)) }
        #expect(read.joined().joined() == text)
    }
}
