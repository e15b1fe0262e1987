import Crypto
package import FoundationEssentials
import TextCoding

/// Signs requests with AWS Signature Version 4. Stateless, and performs no I/O.
///
/// Source: AWS General Reference, "Create a signed AWS API request", and the published test vectors.
package struct SigV4Signer: Sendable {
    /// How the path of the request becomes the canonical path.
    package enum PathRule: Sendable {
        /// Resolves dot segments and duplicate slashes, then encodes each segment once more. For all services except
        /// S3.
        case normalised
        /// Encodes the path once more without normalizing it.
        case asWritten
        /// Uses the path exactly as it is sent. For S3.
        case verbatim
    }

    /// The request body, or its hash.
    package enum Payload: Sendable {
        case empty
        case bytes([UInt8])
        /// The SHA-256 hash in hexadecimal, for a body that isn't in memory.
        case sha256(String)

        fileprivate static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

        package var hash: String {
            switch self {
            case .empty: Self.emptyHash
            case .bytes(let bytes): SHA256.hash(data: bytes).hexadecimal
            case .sha256(let hash): hash
            }
        }
    }

    /// The parts of a request that a signature covers.
    package struct Request: Sendable {
        package var method: String
        /// The encoded path, exactly as it is sent.
        package var path: String
        /// The encoded query, exactly as it is sent, without the question mark.
        package var query: String
        /// All header fields, including `Host`.
        package var headers: [(name: String, value: String)]
        package var payload: Payload

        package init(
            method: String, path: String, query: String = "", headers: [(name: String, value: String)],
            payload: Payload = .empty
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.payload = payload
        }
    }

    package let service: String
    package let region: String
    package let pathRule: PathRule

    package init(service: String, region: String, pathRule: PathRule = .normalised) {
        self.service = service
        self.region = region
        self.pathRule = pathRule
    }

    // MARK: Signature in the headers

    /// Returns the header fields that sign the request: `X-Amz-Date`, `X-Amz-Security-Token` for temporary credentials,
    /// `X-Amz-Content-Sha256` if requested, and `Authorization`.
    /// - Parameter sendsPayloadHash: Whether to send the body's hash.
    package func headers(
        for request: Request, with credentials: AWSCredentials, at date: Date, sendsPayloadHash: Bool = false
    ) -> [(name: String, value: String)] {
        let moment = Timestamp.basic(date)
        let hash = request.payload.hash
        var added = [(name: "X-Amz-Date", value: moment)]
        if let token = credentials.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
        if sendsPayloadHash { added.append((name: "X-Amz-Content-Sha256", value: hash)) }
        let fields = CanonicalHeaders(request.headers + added)
        let canonical = self.canonicalRequest(request, query: request.query, fields, hash)
        let signature = self.signature(of: canonical, moment, credentials)
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(self.scope(moment)), "
            + "SignedHeaders=\(fields.names), Signature=\(signature)"
        return added + [(name: "Authorization", value: authorization)]
    }

    // MARK: Signature in the query

    /// Returns the query of a presigned request: the request's own query and the signature.
    /// - Parameter expiry: How long the signature is valid, in seconds.
    package func presignedQuery(
        for request: Request, with credentials: AWSCredentials, at date: Date, expiry: Int
    ) -> String {
        let moment = Timestamp.basic(date)
        let fields = CanonicalHeaders(request.headers)
        var parameters = [
            ("X-Amz-Algorithm", Self.algorithm),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(self.scope(moment))"),
            ("X-Amz-Date", moment),
            ("X-Amz-SignedHeaders", fields.names),
            ("X-Amz-Expires", String(expiry)),
        ]
        if let token = credentials.sessionToken { parameters.append(("X-Amz-Security-Token", token)) }
        let added = parameters.map { "\($0)=\(PercentCoding.encode($1))" }.joined(separator: "&")
        let query = request.query.isEmpty ? added : "\(request.query)&\(added)"
        let canonical = self.canonicalRequest(request, query: query, fields, request.payload.hash)
        return "\(query)&X-Amz-Signature=\(self.signature(of: canonical, moment, credentials))"
    }

    // MARK: Parts of the signature

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The canonical request, which both the client and the service hash.
    package func canonicalRequest(_ request: Request, at date: Date, with credentials: AWSCredentials) -> String {
        var added = [(name: "X-Amz-Date", value: Timestamp.basic(date))]
        if let token = credentials.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
        return self.canonicalRequest(
            request, query: request.query, CanonicalHeaders(request.headers + added), request.payload.hash)
    }

    private func canonicalRequest(
        _ request: Request, query: String, _ fields: CanonicalHeaders, _ hash: String
    ) -> String {
        """
        \(request.method)
        \(self.canonicalPath(request.path))
        \(Self.canonicalQuery(query))
        \(fields.lines)
        \(fields.names)
        \(hash)
        """
    }

    private func canonicalPath(_ path: String) -> String {
        let path = path.isEmpty ? "/" : path
        return switch self.pathRule {
        case .verbatim: path
        case .asWritten: PercentCoding.encode(path, keeping: "-._~/")
        case .normalised: PercentCoding.encode(Self.normalise(path), keeping: "-._~/")
        }
    }

    /// Resolves dot segments and duplicate slashes.
    private static func normalise(_ path: String) -> String {
        guard path.contains("//") || path.contains("/.") else { return path }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": break
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        guard !segments.isEmpty else { return "/" }
        return "/\(segments.joined(separator: "/"))\(path.hasSuffix("/") ? "/" : "")"
    }

    /// Encodes text that may already be partly encoded: `%41` means `A` and becomes `A`.
    private static func canonical(_ text: Substring) -> String { PercentCoding.encode(PercentCoding.decode(text)) }

    private static func canonicalQuery(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let parameters = query.split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.canonical(parts[0]), parts.count > 1 ? Self.canonical(parts[1]) : "")
        }
        return parameters.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
    }

    private func scope(_ moment: String) -> String {
        "\(moment.prefix(8))/\(self.region)/\(self.service)/aws4_request"
    }

    private func signature(of canonicalRequest: String, _ moment: String, _ credentials: AWSCredentials) -> String {
        let text = """
            \(Self.algorithm)
            \(moment)
            \(self.scope(moment))
            \(SHA256.hash(data: Array(canonicalRequest.utf8)).hexadecimal)
            """
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
        for part in [String(moment.prefix(8)), self.region, self.service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key).hexadecimal
    }
}

/// The header fields that a signature covers, in canonical form.
private struct CanonicalHeaders {
    /// The names, sorted and joined with semicolons.
    let names: String
    /// One line per field, each ending with a line feed.
    let lines: String

    /// Fields that proxies and libraries add or change in transit. botocore excludes them too.
    private static let unsigned: Set = [
        "authorization", "connection", "expect", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "x-amzn-trace-id", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
        "sec-websocket-extensions",
    ]

    init(_ headers: [(name: String, value: String)]) {
        var fields: [(name: String, place: Int, value: String)] = []
        fields.reserveCapacity(headers.count)
        for (place, header) in headers.enumerated() {
            let name = header.name.lowercased()
            if !Self.unsigned.contains(name) { fields.append((name, place, Self.trimmed(header.value))) }
        }
        // The values of fields with the same name are joined in their original order.
        fields.sort { ($0.name, $0.place) < ($1.name, $1.place) }
        var names = ""
        var lines = ""
        var last: String?
        for field in fields {
            if field.name == last {
                lines += ","
            } else {
                if last != nil {
                    names += ";"
                    lines += "\n"
                }
                names += field.name
                lines += field.name
                lines += ":"
                last = field.name
            }
            lines += field.value
        }
        self.names = names
        self.lines = lines + "\n"
    }

    /// Collapses white space to single spaces and removes it at both ends.
    private static func trimmed(_ value: String) -> String {
        var wasSpace = true
        let isTrimmed = value.utf8.allSatisfy { byte in
            let isSpace = byte <= 0x20
            defer { wasSpace = isSpace }
            return !isSpace || (byte == 0x20 && !wasSpace)
        }
        if isTrimmed, !wasSpace { return value }
        return value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
    }
}
