import AgentEvents
import Crypto
import CryptoExtras
import Testing

@testable import AccessTokens

@Suite("An issuer's keys")
struct KeySetTests {
    private static func usual(_ changes: [String: JSONValue?] = [:]) throws -> JSONValue {
        try TestIssuer.publicKey(of: TestIssuer.key.get(), changes)
    }

    private static func code(_ verifier: TokenVerifier, _ token: String) async -> TokenError.Code? {
        do throws(TokenError) {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("keys are fetched on first use, and once")
    func once() async throws {
        let issuer = try TestIssuer()
        let verifier = issuer.verifier()
        #expect(issuer.asked == 0)
        for _ in 0..<3 { #expect(await Self.code(verifier, try TestIssuer.token()) == nil) }
        #expect(issuer.asked == 1)
    }

    @Test("many concurrent tokens with unknown keys cause one fetch", arguments: [false, true])
    func storm(isWarm: Bool) async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        if isWarm { open.finish() }
        let issuer = TestIssuer([.keys([try Self.usual()])], gate: gate)
        let verifier = issuer.verifier()
        if isWarm { #expect(await Self.code(verifier, try TestIssuer.token()) == nil) }
        let before = issuer.asked
        let tokens = try (0..<1000).map { try TestIssuer.token(header: ["kid": "made-up-\($0)"]) { _ in [1] } }
        await withTaskGroup(of: TokenError.Code?.self) { group in
            for token in tokens { group.addTask { await Self.code(verifier, token) } }
            while issuer.asked == before { await Task.yield() }
            open.finish()
            for await code in group { #expect(code == .unknownKey) }
        }
        #expect(issuer.asked == before + 1)
        // A token with a known key isn't affected.
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
        #expect(issuer.asked == before + 1)
    }

    @Test("new keys are found when the first token uses one")
    func rotation() async throws {
        let issuer = try TestIssuer()
        let verifier = issuer.verifier()
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
        let newKey = try TestIssuer.otherKey.get()
        issuer.answer(.keys([try TestIssuer.publicKey(of: newKey, id: "key-2")]))
        let new = try TestIssuer.token(header: ["kid": "key-2"]) { signed in
            try TestIssuer.signature(of: SHA256.hash(data: signed), by: newKey)
        }
        #expect(await Self.code(verifier, new) == nil)
        #expect(issuer.asked == 2)
        // The issuer no longer publishes the old key.
        #expect(await Self.code(verifier, try TestIssuer.token()) == .unknownKey)
    }

    @Test("a key that the issuer publishes slightly late is found for the next token")
    func lateRotation() async throws {
        let issuer = try TestIssuer()
        let verifier = issuer.verifier()
        let (new, both) = try Self.rotated()
        #expect(await Self.code(verifier, new) == .unknownKey)
        issuer.answer(.keys(both))
        #expect(await Self.code(verifier, new) == nil)
        #expect(issuer.asked == 2)
    }

    @Test("after three fetches without success, the next unknown key is looked up ten seconds later")
    func pause() async throws {
        let issuer = try TestIssuer()
        let verifier = issuer.verifier()
        for _ in 1...3 {
            #expect(await Self.code(verifier, try TestIssuer.token(header: ["kid": "made-up"])) == .unknownKey)
        }
        let (new, both) = try Self.rotated()
        issuer.answer(.keys(both))
        issuer.advance(9.9)
        #expect(await Self.code(verifier, new) == .unknownKey)
        #expect(issuer.asked == 3)
        issuer.advance(0.1)
        #expect(await Self.code(verifier, new) == nil)
        #expect(issuer.asked == 4)
    }

    /// Returns a token that is signed with a new key, and a key set that contains the key.
    private static func rotated() throws -> (token: String, keys: [JSONValue]) {
        let key = try TestIssuer.otherKey.get()
        let token = try TestIssuer.token(header: ["kid": "key-2"]) { signed in
            try TestIssuer.signature(of: SHA256.hash(data: signed), by: key)
        }
        return (token, [try Self.usual(), try TestIssuer.publicKey(of: key, id: "key-2")])
    }

    @Test("a single failed fetch is retried immediately")
    func retry() async throws {
        let issuer = TestIssuer([.failure, .keys([try Self.usual()])])
        #expect(await Self.code(issuer.verifier(), try TestIssuer.token()) == nil)
        #expect(issuer.asked == 2)
    }

    @Test(
        "missing keys are reported differently from an invalid token",
        arguments: [
            .failure, .text("", status: 200), .text("{\"keys\":[]}", status: 500),
            .text("<html>Sign in to this network</html>"), .text("[]"), .text("{}"), .text("{\"keys\":{}}"),
            .keys([]), .keys([["kty": "RSA"]]), .keys(["key"]),
            .text("{\"keys\":[{\"kid\":\"\(String(repeating: "x", count: 64 * 1024))\"}]}"),
            .text(String(repeating: "{\"keys\":[", count: 5000)),
        ] as [TestIssuer.Answer])
    func noKeys(answer: TestIssuer.Answer) async throws {
        let issuer = TestIssuer([answer])
        let verifier = issuer.verifier()
        #expect(await Self.code(verifier, try TestIssuer.token()) == .keysUnavailable)
        #expect(issuer.asked == 2)
        // Fetches aren't repeated for each request during the outage, but resume soon after.
        #expect(await Self.code(verifier, try TestIssuer.token()) == .keysUnavailable)
        #expect(issuer.asked == 2)
        issuer.advance(1)
        issuer.answer(.keys([try Self.usual()]))
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
    }

    @Test("a fetch from a slow issuer times out", arguments: [.nothing, .endless] as [TestIssuer.Answer])
    func slow(answer: TestIssuer.Answer) async throws {
        let issuer = TestIssuer([answer])
        let verifier = issuer.verifier(timeout: .milliseconds(10))
        #expect(await Self.code(verifier, try TestIssuer.token()) == .keysUnavailable)
        #expect(issuer.asked == 2)
    }

    @Test(
        "a later failed fetch removes no keys",
        arguments: [.failure, .text("oops"), .keys([])] as [TestIssuer.Answer])
    func failedRefetch(answer: TestIssuer.Answer) async throws {
        let issuer = try TestIssuer()
        let verifier = issuer.verifier()
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
        issuer.answer(answer)
        #expect(await Self.code(verifier, try TestIssuer.token(header: ["kid": "key-2"])) == .keysUnavailable)
        #expect(issuer.asked == 3)
        #expect(await Self.code(verifier, try TestIssuer.token(header: ["kid": "key-2"])) == .keysUnavailable)
        #expect(issuer.asked == 3)
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
    }

    @Test("canceling one caller doesn't cancel the shared fetch")
    func cancelledWaiter() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let issuer = TestIssuer([.keys([try Self.usual()])], gate: gate)
        let verifier = issuer.verifier()
        let token = try TestIssuer.token()
        let first = Task { await Self.code(verifier, token) }
        while issuer.asked == 0 { await Task.yield() }
        let second = Task { await Self.code(verifier, token) }
        first.cancel()
        open.finish()
        #expect(await second.value == nil)
        #expect(issuer.asked == 1)
    }

    @Test(
        "a key for another purpose isn't used",
        arguments: [
            ["use": "enc"], ["use": nil], ["kty": "EC"], ["kty": "oct", "k": "AAAA"], ["kty": nil], ["alg": "RS512"],
            ["alg": "PS256"], ["alg": "RSA-OAEP"], ["alg": "none"], ["alg": 256], ["n": nil], ["n": ""],
            ["n": "AQAB"], ["n": "!"], ["e": nil], ["e": ""], ["e": "AA"], ["e": "AQ"], ["e": 65537],
        ] as [[String: JSONValue?]])
    func unfit(changes: [String: JSONValue?]) async throws {
        let issuer = TestIssuer([.keys([try Self.usual(changes)])])
        #expect(await Self.code(issuer.verifier(), try TestIssuer.token()) == .unfitKey)
        #expect(issuer.asked == 1)
    }

    @Test("a key of 1024 bits isn't used")
    func short() async throws {
        let key = try TestIssuer.shortKey.get()
        let issuer = TestIssuer([.keys([try TestIssuer.publicKey(of: key)])])
        let token = try TestIssuer.token { signed in
            try TestIssuer.signature(of: SHA256.hash(data: signed), by: key)
        }
        #expect(await Self.code(issuer.verifier(), token) == .unfitKey)
    }

    @Test("two keys with the same ID are both rejected, and the other keys still work")
    func twins() async throws {
        let other = try TestIssuer.otherKey.get()
        let issuer = TestIssuer([
            .keys([
                try Self.usual(), try TestIssuer.publicKey(of: other), try TestIssuer.publicKey(of: other, id: "key-2"),
            ])
        ])
        let verifier = issuer.verifier()
        #expect(await Self.code(verifier, try TestIssuer.token()) == .unfitKey)
        let token = try TestIssuer.token(header: ["kid": "key-2"]) { signed in
            try TestIssuer.signature(of: SHA256.hash(data: signed), by: other)
        }
        #expect(await Self.code(verifier, token) == nil)
    }

    @Test("a forged first token can't choose the algorithm of a key that doesn't specify one")
    func poison() async throws {
        let issuer = TestIssuer([.keys([try Self.usual(["alg": nil])])])
        let verifier = issuer.verifier()
        for algorithm in ["PS512", "RS384", "none"] {
            let forged = try TestIssuer.token(header: ["alg": .string(algorithm)]) { _ in [1] }
            #expect(await Self.code(verifier, forged) == .wrongAlgorithm)
        }
        #expect(await Self.code(verifier, try TestIssuer.token { _ in [1] }) == .badSignature)
        #expect(await Self.code(verifier, try TestIssuer.token()) == nil)
    }
}
