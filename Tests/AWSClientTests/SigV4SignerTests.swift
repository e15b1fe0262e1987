import FoundationEssentials
import TestSupport
import Testing

@testable import AWSClient

/// Runs all cases of AWS's published test suite, for signatures in the headers and in the query.
@Suite("Signature Version 4")
struct SigV4SignerTests {
    /// A case of the suite.
    struct Vector: Sendable {
        private struct Context: Decodable {
            struct Credentials: Decodable {
                var access_key_id: String
                var secret_access_key: String
                var token: String?
            }
            var credentials: Credentials
            var expiration_in_seconds: Int
            var normalize: Bool
            var region: String
            var service: String
            var sign_body: Bool
            var timestamp: String
            var omit_session_token: Bool?
        }

        let folder: String
        let request: SigV4Signer.Request
        let signer: SigV4Signer
        let credentials: AWSCredentials
        let date: Date
        let expiry: Int
        let signsBody: Bool
        /// Whether the session token is added after signing.
        let omitsToken: Bool

        init(_ name: String) throws {
            self.folder = "aws-signing-test-suite/v4/\(name)"
            let context = try JSONDecoder().decode(Context.self, from: Fixtures.data("\(self.folder)/context.json"))
            self.omitsToken = context.omit_session_token ?? false
            self.credentials = AWSCredentials(
                accessKeyID: context.credentials.access_key_id, secretAccessKey: context.credentials.secret_access_key,
                sessionToken: self.omitsToken ? nil : context.credentials.token)
            self.date = try #require(Timestamp.parse(iso8601: context.timestamp))
            self.expiry = context.expiration_in_seconds
            self.signsBody = context.sign_body
            self.signer = SigV4Signer(
                service: context.service, region: context.region,
                pathRule: context.normalize ? .normalised : .asWritten)
            self.request = Self.parse(try Fixtures.text("\(self.folder)/request.txt"))
        }

        func expected(_ file: String) throws -> String { try Fixtures.text("\(self.folder)/\(file).txt") }

        private static func parse(_ text: String) -> SigV4Signer.Request {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let target = lines[0].split(separator: " ").dropFirst().dropLast().joined(separator: " ")
            let (path, query) =
                target.firstIndex(of: "?").map {
                    (String(target[..<$0]), String(target[target.index(after: $0)...]))
                } ?? (target, "")
            var headers: [(name: String, value: String)] = []
            let end = lines.dropFirst().firstIndex(of: "") ?? lines.endIndex
            for line in lines[1..<end] {
                if line.first == " " {
                    headers[headers.count - 1].value += "\n\(line)"
                } else if let colon = line.firstIndex(of: ":") {
                    headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
                }
            }
            let body = end < lines.endIndex ? lines[(end + 1)...].joined(separator: "\n") : ""
            return .init(
                method: String(lines[0].prefix { $0 != " " }), path: path, query: query, headers: headers,
                payload: body.isEmpty ? .empty : .bytes(Array(body.utf8)))
        }
    }

    static let names = (try? Fixtures.names(in: "aws-signing-test-suite/v4")) ?? []

    @Test("the test suite is complete")
    func suite() { #expect(Self.names.count == 38) }

    @Test("header signatures match the suite", arguments: names)
    func headers(name: String) throws {
        let vector = try Vector(name)
        let fields = vector.signer.headers(
            for: vector.request, with: vector.credentials, at: vector.date, sendsPayloadHash: vector.signsBody)
        let authorization = try #require(fields.last?.value)
        #expect(authorization.hasSuffix("Signature=\(try vector.expected("header-signature"))"))
        let expected = try vector.expected("header-signed-request")
        #expect(expected.contains("Authorization:\(authorization)\n"))
    }

    @Test("query signatures match the suite", arguments: names)
    func query(name: String) throws {
        let vector = try Vector(name)
        let query = vector.signer.presignedQuery(
            for: vector.request, with: vector.credentials, at: vector.date, expiry: vector.expiry)
        #expect(query.hasSuffix("X-Amz-Signature=\(try vector.expected("query-signature"))"))
        if !vector.omitsToken {
            #expect(try vector.expected("query-signed-request").contains("?\(query) HTTP/1.1"))
        }
    }

    @Test("S3 signs the path as sent, and all other services encode it once more")
    func pathRules() {
        let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "secret")
        let request = SigV4Signer.Request(method: "GET", path: "/a%2Fb//c", headers: [(name: "Host", value: "h")])
        func path(_ rule: SigV4Signer.PathRule) -> Substring? {
            SigV4Signer(service: "s", region: "r", pathRule: rule)
                .canonicalRequest(request, at: Date(timeIntervalSince1970: 0), with: credentials)
                .split(separator: "\n").dropFirst().first
        }
        #expect(path(.verbatim) == "/a%2Fb//c")
        #expect(path(.asWritten) == "/a%252Fb//c")
        #expect(path(.normalised) == "/a%252Fb/c")
    }

    @Test("fields that proxies change aren't signed, including those of a WebSocket handshake")
    func unsignedFields() throws {
        let request = SigV4Signer.Request(
            method: "GET", path: "/",
            headers: [
                (name: "Host", value: "h"), (name: "Connection", value: "Upgrade"),
                (name: "Upgrade", value: "websocket"),
                (name: "Sec-WebSocket-Key", value: "k"), (name: "User-Agent", value: "u"),
            ])
        let fields = SigV4Signer(service: "s", region: "r").headers(
            for: request, with: AWSCredentials(accessKeyID: "a", secretAccessKey: "s", sessionToken: "t"), at: Date())
        #expect(fields.last?.value.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,") == true)
    }

    @Test("descriptions of types with secrets never reveal them")
    func secrecy() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE0", secretAccessKey: "hidden-secret", sessionToken: "hidden-token")
        let values: [any Sendable] = [
            credentials, AWSClient.Authentication.bearer("hidden"), StaticCredentials(credentials),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped, "\([value])"] {
                #expect(!text.contains("hidden"))
            }
        }
    }
}
