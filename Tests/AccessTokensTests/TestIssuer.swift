import AgentEvents
import Crypto
import CryptoExtras
import FoundationEssentials
import NIOCore
import Synchronization

@testable import AccessTokens

/// A token issuer whose keys, responses, and clock are controlled by a test.
final class TestIssuer: Sendable {
    /// The issuer's response to a request for its keys.
    enum Answer: Sendable {
        case keys([JSONValue])
        case text(String, status: Int = 200)
        case failure
        /// No response, not even a head.
        case nothing
        /// A response head, followed by a body that never ends.
        case endless
    }

    typealias Signer = @Sendable (_ signed: [UInt8]) throws -> [UInt8]

    static let issuer = "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_Test01"
    static let rules = TokenRules(
        issuers: [issuer],
        clients: ["page", "command-line"], scopes: ["openid"], mustSayUse: true)
    /// The current time in the tests.
    static let time = 1_800_000_000.0

    static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    static let otherKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    static let shortKey = Result { try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)) }

    private struct State {
        var asked = 0
        var uptime = 0.0
        /// The responses in order; the last one repeats.
        var answers: [Answer]
    }

    private let state: Mutex<State>
    private let gate: AsyncStream<Void>?

    /// - Parameter gate: Responses wait until this stream ends.
    init(_ answers: [Answer], gate: AsyncStream<Void>? = nil) {
        self.state = Mutex(State(answers: answers))
        self.gate = gate
    }

    /// Creates an issuer with the default key.
    convenience init() throws { self.init([.keys([try Self.publicKey(of: Self.key.get())])]) }

    /// How often the keys were fetched.
    var asked: Int { self.state.withLock { $0.asked } }

    func advance(_ seconds: Double) { self.state.withLock { $0.uptime += seconds } }

    func answer(_ answers: Answer...) { self.state.withLock { $0.answers = answers } }

    func verifier(timeout: Duration = .seconds(60)) -> TokenVerifier {
        let keys = KeySet(
            "\(Self.issuer)/.well-known/jwks.json", timeout: timeout,
            uptime: { .seconds(self.state.withLock { $0.uptime }) }, fetch: { url in try await self.fetch(url) })
        return TokenVerifier(Self.rules, keys: keys, now: { Date(timeIntervalSince1970: Self.time) })
    }

    private func fetch(_ url: String) async throws -> KeySet.Answer {
        let answer = self.state.withLock { state in
            state.asked += 1
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        if let gate { for await _ in gate {} }
        let (body, bytes) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        var status = 200
        switch answer {
        case .keys(let keys):
            // In two chunks, as a network might deliver it.
            let text = JSONValue.object(["keys": .array(keys)]).json
            bytes.yield(ByteBuffer(string: String(text.prefix(10))))
            bytes.yield(ByteBuffer(string: String(text.dropFirst(10))))
            bytes.finish()
        case .text(let text, let code):
            status = code
            bytes.yield(ByteBuffer(string: text))
            bytes.finish()
        case .failure: throw CancellationError()
        case .nothing: for await _ in AsyncStream<Void>.makeStream().stream {}
        case .endless: bytes.yield(ByteBuffer(string: "{"))
        }
        return KeySet.Answer(status: status, body: body)
    }

    /// Returns a key in the format of a key set.
    static func publicKey(
        of key: _RSA.Signing.PrivateKey, id: String = "key-1", _ changes: [String: JSONValue?] = [:]
    ) throws -> JSONValue {
        let numbers = try key.publicKey.getKeyPrimitives()
        let members: [String: JSONValue] = [
            "alg": "RS256", "e": .string(self.base64URL(numbers.publicExponent)), "kid": .string(id), "kty": "RSA",
            "n": .string(self.base64URL(numbers.modulus)), "use": "sig",
        ]
        return .object(members.changed(by: changes))
    }

    /// Returns an access token in Cognito's format.
    /// - Parameters:
    ///   - claims: The claims to change; `nil` removes a claim.
    ///   - header: The header members to change; `nil` removes a member.
    static func token(
        _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:], signer: Signer = TestIssuer.rs256
    ) throws -> String {
        let payload: [String: JSONValue] = [
            "sub": "3f0c-user", "iss": .string(self.issuer), "version": 2, "client_id": "page",
            "origin_jti": "o", "event_id": "e", "token_use": "access", "scope": "phone openid email",
            "auth_time": .integer(Int(self.time)), "exp": .integer(Int(self.time) + 3600),
            "iat": .integer(Int(self.time)), "jti": "j", "username": "aisha",
        ]
        return try self.token(
            header: self.header(header), payload: JSONValue.object(payload.changed(by: claims)).json, signer: signer)
    }

    static func header(_ changes: [String: JSONValue?] = [:]) -> String {
        JSONValue.object((["kid": "key-1", "alg": "RS256"] as [String: JSONValue]).changed(by: changes)).json
    }

    static func token(header: String, payload: String, signer: Signer = TestIssuer.rs256) throws -> String {
        try self.token(header: Array(header.utf8), payload: Array(payload.utf8), signer: signer)
    }

    static func token(header: [UInt8], payload: [UInt8], signer: Signer = TestIssuer.rs256) throws -> String {
        let signed = "\(self.base64URL(Data(header))).\(self.base64URL(Data(payload)))"
        return "\(signed).\(self.base64URL(Data(try signer(Array(signed.utf8)))))"
    }

    static let rs256: Signer = { try signature(of: SHA256.hash(data: $0), by: key.get()) }

    static func signature(
        of digest: some Digest, by key: _RSA.Signing.PrivateKey, padding: _RSA.Signing.Padding = .insecurePKCS1v1_5
    ) throws -> [UInt8] {
        Array(try key.signature(for: digest, padding: padding).rawRepresentation)
    }

    static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension [String: JSONValue] {
    /// - Parameter changes: The new values; `nil` removes a member.
    fileprivate func changed(by changes: [String: JSONValue?]) -> Self {
        changes.reduce(into: self) { $0[$1.key] = $1.value }
    }
}
