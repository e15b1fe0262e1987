import Testing
import TextCoding

@Suite("Text coding")
struct TextCodingTests {
    @Test(
        "everything but unreserved characters is percent-encoded",
        arguments: [("a-Z_0.9~", "a-Z_0.9~"), ("a b+c/d", "a%20b%2Bc%2Fd"), ("é💰", "%C3%A9%F0%9F%92%B0"), ("", "")])
    func encoded(text: String, encoded: String) {
        #expect(PercentCoding.encode(text) == encoded)
        #expect(String(decoding: PercentCoding.decode(encoded), as: UTF8.self) == text)
        #expect(PercentCoding.decodeStrictly(encoded) == text)
    }

    @Test("other characters stay if they are to be kept")
    func kept() { #expect(PercentCoding.encode("/a b/c", keeping: "-._~/") == "/a%20b/c") }

    @Test("what isn't encoded stays, and is refused where it must be", arguments: ["50%", "%4", "%zz", "%+1", "%-1"])
    func malformed(text: String) {
        #expect(String(decoding: PercentCoding.decode(text), as: UTF8.self) == text)
        #expect(PercentCoding.decodeStrictly(text) == nil)
    }

    @Test("bytes that aren't UTF-8 are no text") func invalid() { #expect(PercentCoding.decodeStrictly("%FF") == nil) }

    @Test("digits are two for each byte, and lowercase")
    func hexadecimal() {
        #expect([UInt8]([0, 10, 255]).hexadecimal == "000aff")
        #expect(UInt64(171).hexadecimal == "00000000000000ab")
        #expect(UInt8(hexadecimal: "aF".utf8) == 175)
        for wrong in ["", "a", "abc", "+1", "g0"] { #expect(UInt8(hexadecimal: wrong.utf8) == nil) }
    }

    @Test("bytes of each length survive Base64 for URLs", arguments: 0..<9)
    func base64(length: Int) {
        let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max) }
        let text = bytes.base64URL
        #expect(text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "-_") })
        #expect([UInt8](base64URL: text.utf8) == bytes)
    }

    @Test(
        "what isn't Base64 for URLs in its only form is refused", arguments: ["a*b", "a", "ab==", "a+/b", "ab", "aGF="])
    func wrongBase64(text: String) { #expect([UInt8](base64URL: text.utf8) == nil) }
}
