import Testing
import TextCoding

@Suite("Multipart forms")
struct MultipartReaderTests {
    private typealias Event = MultipartReader.Event

    private static let type = "multipart/form-data; boundary=xyz"

    /// Reads a body in pieces, and joins the bytes that follow each other.
    private static func read(_ body: String, pieces size: Int = .max, as type: String = type) throws -> [Event] {
        var reader = try #require(MultipartReader(contentType: type))
        var events: [Event] = []
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            for event in try reader.read(piece) {
                if case .bytes(let more) = event, case .bytes(let known)? = events.last {
                    events[events.count - 1] = .bytes(known + more)
                } else {
                    events.append(event)
                }
            }
        }
        return events
    }

    private static let form = """
        --xyz\r
        Content-Disposition: form-data; name="plate"\r
        \r
        WXY 1234\r
        --xyz\r
        Content-Disposition: form-data; name="document"; filename="a \\"b\\" %22c%22.pdf"\r
        Content-Type: application/pdf\r
        \r
        one\r
        --xy two\r
        -\r
        --xyz--\r

        """

    @Test("fields and files are read alike in pieces of any size", arguments: [1, 2, 3, 5, 7, 64, Int.max])
    func pieces(size: Int) throws {
        #expect(
            try Self.read(Self.form, pieces: size) == [
                .part(name: "plate", fileName: nil), .bytes(Array("WXY 1234".utf8)),
                .part(name: "document", fileName: "a \"b\" \"c\".pdf"), .bytes(Array("one\r\n--xy two\r\n-".utf8)),
                .end,
            ])
    }

    @Test("a quoted boundary, text before the first part, and an empty file are read")
    func corners() throws {
        let body = "Hello\r\n--a b\r\ncontent-disposition: form-data; filename=x.txt; name=f\r\n\r\n\r\n--a b--"
        #expect(
            try Self.read(body, as: "Multipart/Form-Data;  Boundary=\"a b\"")
                == [.part(name: "f", fileName: "x.txt"), .end])
    }

    @Test(
        "what begins like a delimiter is content, unless a line end or two dashes follow it",
        arguments: [1, 3, Int.max])
    func likeDelimiter(size: Int) throws {
        let body = "--xyz\r\nContent-Disposition: form-data; name=f\r\n\r\na\r\n--xyz-b\r\n--xyz c\r\n--xyzd\r\n--xyz--"
        let events = try Self.read(body.replacing("--xyz c", with: "--xyz_c"), pieces: size)
        #expect(
            events == [.part(name: "f", fileName: nil), .bytes(Array("a\r\n--xyz-b\r\n--xyz_c\r\n--xyzd".utf8)), .end])
    }

    @Test(
        "names are read as browsers and programs write them",
        arguments: [
            (#"form-data; NAME="a"; FileName="b.txt""#, "a", "b.txt"),
            (#"form-data; name="x; filename=evil.txt""#, "x; filename=evil.txt", nil),
            (#"form-data; name="a"; filename="C:\Users\me\a.txt""#, "a", #"C:\Users\me\a.txt"#),
            (#"form-data; name=a; filename="say \"hi\".txt""#, "a", "say \"hi\".txt"),
        ] as [(String, String, String?)])
    func names(disposition: String, name: String, fileName: String?) throws {
        let events = try Self.read("--xyz\r\nContent-Disposition: \(disposition)\r\n\r\n\r\n--xyz--")
        #expect(events == [.part(name: name, fileName: fileName), .end])
    }

    @Test("a body that stops early has no end", arguments: [1, 40, 100, 150, 200])
    func cut(at length: Int) throws {
        var reader = try #require(MultipartReader(contentType: Self.type))
        _ = try reader.read(Self.form.utf8.prefix(length))
        #expect(!reader.hasEnded)
    }

    @Test(
        "what is no such form is refused",
        arguments: ["", "text/plain", "multipart/form-data", "multipart/mixed; boundary=a"])
    func otherTypes(type: String) { #expect(MultipartReader(contentType: type) == nil) }

    @Test(
        "a part without a name and endless headers are refused",
        arguments: [
            "--xyz\r\nContent-Type: a/b\r\n\r\nx", "--xyz\r\n\r\nx",
            "--xyz\r\nA: \(String(repeating: "x", count: 9000))",
            String(repeating: "x", count: 9000),
        ])
    func malformed(body: String) { #expect(throws: MultipartReader.Malformed.self) { try Self.read(body) } }
}
