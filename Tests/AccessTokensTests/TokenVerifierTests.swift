import AgentEvents
import CryptoExtras
import FoundationEssentials
import JWTKit
import Testing

@testable import AccessTokens

@Suite("Access tokens")
struct TokenVerifierTests {
    @Test("a token of the user pool identifies the user and the expiration time")
    func good() async throws {
        let identity = try await TestIssuer().verifier().verify(TestIssuer.token())
        #expect(identity.userID == UserID(rawValue: "3f0c-user"))
        #expect(identity.name == "aisha")
        #expect(identity.expiresAt == Date(timeIntervalSince1970: TestIssuer.time + 3600))
    }

    @Test("a name that equals the ID is omitted")
    func noName() async throws {
        let verifier = try TestIssuer().verifier()
        #expect(try await verifier.verify(TestIssuer.token(["username": "3f0c-user"])).name == nil)
        #expect(try await verifier.verify(TestIssuer.token(["username": nil])).name == nil)
    }

    @Test(
        "valid variations of a token are accepted",
        arguments: [
            ["client_id": "command-line"],
            ["scope": "openid"],
            ["aud": ["page", "other"], "cognito:groups": ["a"], "x": ["y": ["z": .null]]],
            ["iat": nil, "jti": nil, "version": nil],
            ["exp": .number(TestIssuer.time + 0.5)],
            // The clocks can differ by up to 30 seconds.
            ["exp": .number(TestIssuer.time - 29.5)],
            ["nbf": .number(TestIssuer.time + 30), "iat": .number(TestIssuer.time + 30)],
            ["sub": .string(String(repeating: "~", count: 200))],
            ["sub": "local"],
            ["username": #"a "quoted": name \ with {[ marks"#],
        ] as [[String: JSONValue?]])
    func variants(claims: [String: JSONValue?]) async throws {
        let identity = try await TestIssuer().verifier().verify(TestIssuer.token(claims))
        #expect(identity.userID.rawValue == (claims["sub"]??.string ?? "3f0c-user"))
    }

    @Test("a token signed by jwt-kit is accepted")
    func foreignSigner() async throws {
        struct Payload: JWTPayload {
            var iss = TestIssuer.issuer
            var sub = "someone"
            var token_use = "access"
            var client_id = "page"
            var scope = "openid"
            var exp = TestIssuer.time + 60
            func verify(using algorithm: some JWTAlgorithm) async throws {}
        }
        let keys = JWTKeyCollection()
        await keys.add(
            rsa: try Insecure.RSA.PrivateKey(backing: TestIssuer.key.get()), digestAlgorithm: .sha256, kid: "key-1")
        let identity = try await TestIssuer().verifier().verify(keys.sign(Payload(), kid: "key-1"))
        #expect(identity.userID.rawValue == "someone")
    }

    @Test("tokens up to 8 KB are accepted, and larger ones are rejected")
    func size() async throws {
        let verifier = try TestIssuer().verifier()
        #expect(try await verifier.verify(Self.token(bytes: 8192)).name == "aisha")
        let error = await #expect(throws: TokenError.self) { try await verifier.verify(Self.token(bytes: 8193)) }
        #expect(error?.code == .tooLarge)
    }

    /// Returns a valid token with an exact length.
    private static func token(bytes: Int) throws -> String {
        for inHeader in 0..<4 {
            for inPayload in 5400..<5600 {
                func token(_ signer: TestIssuer.Signer) throws -> String {
                    try TestIssuer.token(
                        ["x": .string(String(repeating: "x", count: inPayload))],
                        header: ["x": .string(String(repeating: "x", count: inHeader))], signer: signer)
                }
                // The length of the signature is known before its content.
                let length = try token { _ in [UInt8](repeating: 0, count: 256) }.utf8.count
                if length == bytes { return try token(TestIssuer.rs256) }
            }
        }
        throw CancellationError()
    }

    @Test("invalid tokens are rejected", arguments: BadToken.all)
    func bad(token bad: BadToken) async throws {
        let token = try bad.make()
        let verifier = try TestIssuer().verifier()
        let error = await #expect(throws: TokenError.self) { try await verifier.verify(token) }
        #expect(error?.code == bad.code)
        // The error, which is logged, contains nothing of the token.
        let told = error?.description ?? ""
        #expect(!told.contains("leak"))
        for part in token.split(separator: ".") { #expect(!told.contains(part)) }
    }

    @Test("a valid token with any single character changed is rejected")
    func changed() async throws {
        let token = try Array(TestIssuer.token().utf8)
        let verifier = try TestIssuer().verifier()
        for position in token.indices {
            var changed = token
            changed[position] = token[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            await #expect(throws: TokenError.self, "at \(position)") { try await verifier.verify(text) }
        }
    }

    @Test("a token that isn't from the issuer never causes a fetch of the keys", arguments: BadToken.foreign)
    func noFetch(bad: BadToken) async throws {
        let issuer = try TestIssuer()
        let token = try bad.make()
        await #expect(throws: TokenError.self) { try await issuer.verifier().verify(token) }
        #expect(issuer.asked == 0)
    }
}
