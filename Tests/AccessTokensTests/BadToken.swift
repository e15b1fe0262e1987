import AgentEvents
import Crypto
import CryptoExtras
import FoundationEssentials
import Testing
import TextCoding

@testable import AccessTokens

/// A token that must be rejected. Its content is marked with "leak", so that tests can detect a leak.
struct BadToken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: TokenError.Code
    let make: @Sendable () throws -> String

    init(_ name: String, _ code: TokenError.Code, _ make: @escaping @Sendable () throws -> String) {
        self.testDescription = name
        self.code = code
        self.make = make
    }

    static let all: [BadToken] = forms + objects + algorithms + keys + times + claims

    /// The tokens that aren't from the issuer, whatever their signatures.
    static let foreign = Self.all.filter { bad in
        let codes: [TokenError.Code] = [
            .tooLarge, .malformed, .duplicateMember, .wrongAlgorithm, .criticalHeader, .noKeyID, .wrongIssuer,
        ]
        return codes.contains(bad.code)
    }

    /// Tokens with an invalid format.
    private static let forms = [
        BadToken("nothing", .malformed) { "" },
        BadToken("text", .malformed) { "leak" },
        BadToken("two parts", .malformed) { try goodParts().dropLast().joined(separator: ".") },
        BadToken("four parts", .malformed) { try (goodParts() + ["leak"]).joined(separator: ".") },
        BadToken("a dot at the end", .malformed) { try TestIssuer.token() + "." },
        BadToken("dots only", .malformed) { String(repeating: ".", count: 8000) },
        BadToken("padding", .malformed) { try TestIssuer.token() + "==" },
        BadToken("a space before it", .malformed) { try " " + TestIssuer.token() },
        BadToken("a line end after it", .malformed) { try TestIssuer.token() + "\n" },
        BadToken("a space within", .malformed) { try goodParts().joined(separator: ". ") },
        BadToken("plain base64", .malformed) {
            let parts = try goodParts()
            return "\(parts[0]).\(parts[1])+/.\(parts[2])"
        },
        BadToken("a second spelling of the same signature", .malformed) {
            // 256 bytes leave four bits of the last character unused.
            try TestIssuer.token().dropLast() + "B"
        },
        BadToken("letters beyond ASCII", .malformed) { try TestIssuer.token() + "é" },
        BadToken("too many bytes", .tooLarge) {
            try TestIssuer.token(["leak": .string(String(repeating: "x", count: 8192))])
        },
        BadToken("an empty header", .malformed) { try "." + goodParts().dropFirst().joined(separator: ".") },
    ]

    /// Tokens with invalid header or payload JSON.
    private static let objects = [
        BadToken("a header that is no JSON", .malformed) {
            try TestIssuer.token(header: "leak", payload: goodPayload())
        },
        BadToken("a header that is text", .malformed) {
            try TestIssuer.token(header: #""leak""#, payload: goodPayload())
        },
        BadToken("a payload that is an array", .malformed) {
            try TestIssuer.token(header: TestIssuer.header(), payload: "[\(goodPayload())]")
        },
        BadToken("a payload that is cut off", .malformed) {
            try TestIssuer.token(header: TestIssuer.header(), payload: String(goodPayload().dropLast()))
        },
        BadToken("more behind the payload", .malformed) {
            try TestIssuer.token(header: TestIssuer.header(), payload: goodPayload() + "{}")
        },
        BadToken("a byte order mark", .malformed) {
            try TestIssuer.token(header: TestIssuer.header(), payload: "\u{FEFF}" + goodPayload())
        },
        BadToken("a payload in UTF-16", .malformed) {
            try TestIssuer.token(
                header: Array(TestIssuer.header().utf8), payload: goodPayload().utf8.flatMap { [$0, 0] })
        },
        BadToken("invalid UTF-8", .malformed) {
            let payload = try Array(goodPayload().dropLast().utf8) + Array(#","leak":""#.utf8) + [0xC0, 0x80]
            return try TestIssuer.token(
                header: Array(TestIssuer.header().utf8), payload: payload + Array(#""}"#.utf8))
        },
        BadToken("deep nesting", .malformed) {
            let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
            return try TestIssuer.token(
                header: TestIssuer.header(), payload: goodPayload().dropLast() + #","leak":\#(deep)}"#)
        },
        BadToken("the algorithm twice", .duplicateMember) {
            try TestIssuer.token(
                header: #"{"kid":"key-1","alg":"none","alg":"RS256"}"#, payload: goodPayload())
        },
        BadToken("the algorithm a second time with an escape", .duplicateMember) {
            try TestIssuer.token(
                header: #"{"kid":"key-1","alg":"RS256","\u0061lg" : "none"}"#, payload: goodPayload())
        },
        BadToken("the user twice", .duplicateMember) {
            try TestIssuer.token(
                header: TestIssuer.header(), payload: goodPayload().dropLast() + #","sub":"leak"}"#)
        },
        BadToken("a name twice further in", .duplicateMember) {
            try TestIssuer.token(
                header: TestIssuer.header(), payload: goodPayload().dropLast() + #","x":[{"leak":1,"leak":2}]}"#)
        },
        BadToken("demands in the header", .criticalHeader) {
            try TestIssuer.token(header: ["crit": ["exp"]])
        },
        BadToken("demands of nothing", .criticalHeader) { try TestIssuer.token(header: ["crit": .null]) },
    ]

    private static let algorithms = [
        BadToken("no signature", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "none"]) { _ in [] }
        },
        BadToken("none in other letters", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "nOnE"]) { _ in [] }
        },
        BadToken("no algorithm", .wrongAlgorithm) { try TestIssuer.token(header: ["alg": nil]) },
        BadToken("an algorithm that is no text", .malformed) { try TestIssuer.token(header: ["alg": ["RS256"]]) },
        BadToken("the algorithm in small letters", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "rs256"])
        },
        BadToken("HS256 with the public key as the secret", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "HS256"]) { signed in
                let secret = SymmetricKey(data: Data(try TestIssuer.key.get().publicKey.pemRepresentation.utf8))
                return Array(HMAC<SHA256>.authenticationCode(for: signed, using: secret))
            }
        },
        BadToken("RS512", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "RS512"]) { signed in
                try TestIssuer.signature(of: SHA512.hash(data: signed), by: TestIssuer.key.get())
            }
        },
        BadToken("PS256", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "PS256"]) { signed in
                try TestIssuer.signature(of: SHA256.hash(data: signed), by: TestIssuer.key.get(), padding: .PSS)
            }
        },
        BadToken("ES256", .wrongAlgorithm) {
            try TestIssuer.token(header: ["alg": "ES256"]) { signed in
                Array(try P256.Signing.PrivateKey().signature(for: signed).rawRepresentation)
            }
        },
    ]

    private static let keys = [
        BadToken("no key id", .noKeyID) { try TestIssuer.token(header: ["kid": nil]) },
        BadToken("an empty key id", .noKeyID) { try TestIssuer.token(header: ["kid": ""]) },
        BadToken("a key id that is no text", .malformed) { try TestIssuer.token(header: ["kid": 1]) },
        BadToken("an unknown key", .unknownKey) { try TestIssuer.token(header: ["kid": "leak"]) },
        BadToken("an unknown key, signed by the first known one", .unknownKey) {
            try TestIssuer.token(header: ["kid": "KEY-1"])
        },
        BadToken("a key of its own in the header", .badSignature) {
            let key = try TestIssuer.otherKey.get()
            return try TestIssuer.token(header: ["jwk": TestIssuer.publicKey(of: key)]) { signed in
                try TestIssuer.signature(of: SHA256.hash(data: signed), by: key)
            }
        },
        BadToken("another key with the same id", .badSignature) {
            try TestIssuer.token { signed in
                try TestIssuer.signature(of: SHA256.hash(data: signed), by: TestIssuer.otherKey.get())
            }
        },
        BadToken("the key's signature by another algorithm than the header's", .badSignature) {
            try TestIssuer.token { signed in
                try TestIssuer.signature(of: SHA256.hash(data: signed), by: TestIssuer.key.get(), padding: .PSS)
            }
        },
        BadToken("an empty signature", .badSignature) { try TestIssuer.token { _ in [] } },
        BadToken("a signature that is cut off", .badSignature) {
            try TestIssuer.token { signed in try TestIssuer.rs256(signed).dropLast() }
        },
        BadToken("a signature with more behind it", .badSignature) {
            try TestIssuer.token { signed in try TestIssuer.rs256(signed) + [0] }
        },
        BadToken("the signature of another payload", .badSignature) {
            try goodParts(["sub": "leak"]).dropLast().joined(separator: ".") + "." + goodParts()[2]
        },
    ]

    private static let times = [
        BadToken("no expiry", .noExpiry) { try TestIssuer.token(["exp": nil]) },
        BadToken("expired", .expired) { try TestIssuer.token(["exp": .integer(Int(TestIssuer.time) - 30)]) },
        BadToken("an expiry that is text", .malformed) {
            try TestIssuer.token(["exp": .string("\(Int(TestIssuer.time) + 3600)")])
        },
        BadToken("an expiry that is null", .malformed) { try TestIssuer.token(["exp": .null]) },
        BadToken("an expiry beyond all dates", .malformed) { try TestIssuer.token(["exp": 1e300]) },
        BadToken("an expiry before all dates", .malformed) { try TestIssuer.token(["exp": -1]) },
        BadToken("not valid yet", .notYetValid) {
            try TestIssuer.token(["nbf": .integer(Int(TestIssuer.time) + 31)])
        },
        BadToken("a beginning that is text", .malformed) { try TestIssuer.token(["nbf": "0"]) },
        BadToken("from the future", .issuedInFuture) {
            try TestIssuer.token(["iat": .integer(Int(TestIssuer.time) + 31)])
        },
    ]

    private static let claims = [
        BadToken("another pool", .wrongIssuer) {
            try TestIssuer.token(["iss": "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_leak"])
        },
        BadToken("an issuer with a slash more", .wrongIssuer) {
            try TestIssuer.token(["iss": .string(TestIssuer.issuer + "/")])
        },
        BadToken("no issuer", .wrongIssuer) { try TestIssuer.token(["iss": nil]) },
        BadToken("two issuers", .malformed) { try TestIssuer.token(["iss": [.string(TestIssuer.issuer)]]) },
        BadToken("another client", .wrongClient) { try TestIssuer.token(["client_id": "leak"]) },
        BadToken("no client but an audience", .wrongClient) {
            try TestIssuer.token(["client_id": nil, "aud": "page"])
        },
        BadToken("an audience that is a number", .malformed) { try TestIssuer.token(["aud": [1]]) },
        BadToken("an id token", .wrongUse) {
            try TestIssuer.token(["token_use": "id", "aud": "page", "client_id": nil, "scope": nil])
        },
        BadToken("no use", .wrongUse) { try TestIssuer.token(["token_use": nil]) },
        BadToken("a scope without openid", .missingScope) {
            try TestIssuer.token(["scope": "aws.cognito.signin.user.admin openid.leak"])
        },
        BadToken("no scope", .missingScope) { try TestIssuer.token(["scope": nil]) },
        BadToken("scopes in an array", .malformed) { try TestIssuer.token(["scope": ["openid"]]) },
        BadToken("an id of the token that is a number", .malformed) { try TestIssuer.token(["jti": 1]) },
        BadToken("no user", .badSubject) { try TestIssuer.token(["sub": nil]) },
        BadToken("a user without an id", .badSubject) { try TestIssuer.token(["sub": ""]) },
        BadToken("a user whose id is a number", .malformed) { try TestIssuer.token(["sub": 7]) },
        BadToken("a user whose id is null", .malformed) { try TestIssuer.token(["sub": .null]) },
        BadToken("what belongs to nobody", .badSubject) { try TestIssuer.token(["sub": "#settings"]) },
        BadToken("a user's id with a space", .badSubject) { try TestIssuer.token(["sub": "leak "]) },
        BadToken("a user's id with a line end", .badSubject) { try TestIssuer.token(["sub": "leak\n"]) },
        BadToken("a user's id beyond ASCII", .badSubject) { try TestIssuer.token(["sub": "lеak"]) },
        BadToken("a user's id of 201 bytes", .badSubject) {
            try TestIssuer.token(["sub": .string(String(repeating: "x", count: 201))])
        },
    ]

    private static func goodParts(_ claims: [String: JSONValue?] = [:]) throws -> [String] {
        try TestIssuer.token(claims).split(separator: ".").map(String.init)
    }

    /// The JSON of a valid payload.
    private static func goodPayload() throws -> String {
        String(decoding: try #require([UInt8](base64URL: goodParts()[1].utf8)), as: UTF8.self)
    }
}
