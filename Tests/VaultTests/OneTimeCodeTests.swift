import AgentEvents
import FoundationEssentials
import Testing

@testable import Vault

@Suite("One-time codes")
struct OneTimeCodeTests {
    // https://www.rfc-editor.org/rfc/rfc6238#appendix-B
    private static let keys = [
        "SHA1": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "SHA256": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
        "SHA512": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            + "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
    ]

    @Test(
        "the codes are those of RFC 6238",
        arguments: [
            ("SHA1", 59, "94287082"), ("SHA256", 59, "46119246"), ("SHA512", 59, "90693936"),
            ("SHA1", 1_111_111_109, "07081804"), ("SHA256", 1_111_111_109, "68084774"),
            ("SHA512", 1_111_111_109, "25091201"), ("SHA1", 1_234_567_890, "89005924"),
            ("SHA256", 1_234_567_890, "91819424"), ("SHA512", 1_234_567_890, "93441116"),
            ("SHA1", 20_000_000_000, "65353130"), ("SHA256", 20_000_000_000, "77737706"),
            ("SHA512", 20_000_000_000, "47863826"),
        ])
    func vectors(algorithm: String, time: Int, expected: String) throws {
        let key = try #require(Self.keys[algorithm])
        let code = try OneTimeCode(
            "otpauth://totp/Test:a%40b?secret=\(key)&algorithm=\(algorithm)&digits=8&issuer=Test")
        #expect(code.code(of: code.window(at: Date(timeIntervalSince1970: TimeInterval(time))).number) == expected)
    }

    @Test(
        "a key may be written as sites show it",
        arguments: ["jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP", "JBSWY3DPEHPK3PXP===="])
    func spellings(text: String) throws {
        #expect(try OneTimeCode(text) == OneTimeCode("JBSWY3DPEHPK3PXP"))
    }

    @Test(
        "what no code can be made from is refused, without quoting the key",
        arguments: [
            "", "JBSWY3DP", "JBSWY3DPEHPK3PX!", "JBSWY3DPEHPK3PX1",
            "otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=1",
            "otpauth://totp/a", "otpauth://totp/a?secret=", "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=4",
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=x", "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=0",
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&algorithm=MD5", "otpauth://",
        ])
    func refusals(text: String) {
        let error = #expect(throws: VaultError.self) { try OneTimeCode(text) }
        #expect(error?.code == .invalid && error?.description.contains("JBSWY3DP") == false)
    }
}
