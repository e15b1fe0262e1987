package import AgentEvents
import FoundationEssentials
package import NIOCore
package import NIOHTTP1
import TextCoding

/// An unsigned request to an AWS service.
package struct AWSRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A body that is read while it is sent; each attempt creates a new stream.
        /// - Parameters:
        ///   - sha256: The SHA-256 hash of the body in hexadecimal, which the signature covers.
        ///   - length: The size of the body, in bytes.
        case stream(sha256: String, length: Int64, @Sendable () -> AsyncStream<ByteBuffer>)
    }

    package let service: AWSService
    /// The operation's name, for messages.
    package let operation: String
    package let method: HTTPMethod
    /// The encoded path, exactly as it is sent.
    package private(set) var path: String
    /// The encoded query, exactly as it is sent.
    package private(set) var query = ""
    package private(set) var headers = HTTPHeaders()
    package var body = Body.none
    /// The region, if it differs from the client's.
    package var region: Region?
    /// The maximum time until the response head arrives, across all attempts. The body can take longer.
    package var timeout = Duration.seconds(30)
    /// Whether the server may stay silent for many minutes before it responds.
    package var allowsSilence = false
    /// Whether sending the request twice is harmless. Otherwise the client doesn't retry a request that may have taken
    /// effect.
    package var isRepeatable = true
    /// Whether a conflict means that the operation has already happened, so that a retry is pointless.
    package var hasFinalConflicts = false
    /// The maximum number of attempts, if it differs from the client's.
    package var maxAttempts: Int?

    /// Creates a REST-JSON request.
    /// - Parameters:
    ///   - template: The path with label names in braces, as in service models; `{name+}` keeps slashes.
    ///   - labels: The values of the labels.
    /// - Throws: ``AWSError`` with code `invalidInput` if a label is empty or would change the path.
    package init(
        _ operation: String, of service: AWSService, _ method: HTTPMethod, _ template: String,
        labels: [String: String] = [:]
    ) throws {
        self.service = service
        self.operation = operation
        self.method = method
        self.path = ""
        for (index, part) in template.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let end = part.firstIndex(of: "}") else {
                self.path += part
                continue
            }
            let isGreedy = part[..<end].hasSuffix("+")
            let name = String(part[..<end].dropLast(isGreedy ? 1 : 0))
            let value = labels[name] ?? ""
            guard !value.isEmpty, value != ".", value != ".." else {
                throw AWSError(
                    .invalidInput, "\(service.id) \(operation): \(name) is '\(value)', which cannot stand in a path.")
            }
            self.path +=
                PercentCoding.encode(value, keeping: isGreedy ? "-._~/" : "-._~") + part[part.index(after: end)...]
        }
    }

    /// Creates a JSON 1.0 or 1.1 request, which names its operation in a header.
    package init(target: String, of service: AWSService, version: String, _ input: JSONValue) {
        self.service = service
        self.operation = String(target.split(separator: ".").last ?? "")
        self.method = .POST
        self.path = "/"
        self.headers.add(name: "X-Amz-Target", value: target)
        self.setJSON(input, contentType: "application/x-amz-json-\(version)")
    }

    /// Creates a request in the query protocol.
    package init(query operation: String, of service: AWSService, version: String, _ parameters: [(String, String)]) {
        self.service = service
        self.operation = operation
        self.method = .POST
        self.path = "/"
        let form = ([("Action", operation), ("Version", version)] + parameters)
            .map { "\($0)=\(PercentCoding.encode($1))" }.joined(separator: "&")
        self.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")
        self.body = .bytes(ByteBuffer(string: form))
    }

    /// Adds a query parameter, unless its value is `nil`.
    package mutating func addQuery(_ name: String, _ value: String?) {
        guard let value else { return }
        self.query += "\(self.query.isEmpty ? "" : "&")\(PercentCoding.encode(name))=\(PercentCoding.encode(value))"
    }

    /// Adds a header field, unless its value is `nil`.
    /// - Throws: ``AWSError`` with code `invalidInput` if the value contains a control character, which could end the
    ///   field.
    package mutating func addHeader(_ name: String, _ value: String?) throws {
        guard let value else { return }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw AWSError(.invalidInput, "The header field \(name) of \(self.operation) holds a control character.")
        }
        self.headers.add(name: name, value: value)
    }

    /// Sets the body to a JSON value.
    package mutating func setJSON(_ value: JSONValue, contentType: String = "application/json") {
        self.headers.replaceOrAdd(name: "Content-Type", value: contentType)
        self.body = .bytes(ByteBuffer(string: value.json))
    }

    /// The service and operation, for messages.
    var subject: String { "\(self.service.id) \(self.operation)" }
}
