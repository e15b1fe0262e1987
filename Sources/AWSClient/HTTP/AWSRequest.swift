package import AgentEvents
import FoundationEssentials
package import NIOCore
package import NIOHTTP1

/// A request to a service, before it is signed.
package struct AWSRequest: Sendable {
    /// A request's body.
    package enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A body that is read while it is sent, anew for each attempt.
        /// - Parameters:
        ///   - sha256: Its hash in hexadecimal digits, which the signature covers.
        ///   - length: Its size in bytes.
        case stream(sha256: String, length: Int64, @Sendable () -> AsyncStream<ByteBuffer>)
    }

    package let service: AWSService
    /// The operation's name, for messages.
    package let operation: String
    package let method: HTTPMethod
    /// The path as it goes over the wire.
    package private(set) var path: String
    /// The query as it goes over the wire.
    package private(set) var query = ""
    package private(set) var headers = HTTPHeaders()
    package var body = Body.none
    /// The region, where it is not the client's.
    package var region: Region?
    /// The longest wait for the answer's head, over all attempts. The body may take longer.
    package var timeout = Duration.seconds(30)
    /// Whether the answer may come after many minutes of silence.
    package var allowsSilence = false
    /// Whether sending it twice does no harm. What may have been done already is otherwise not asked for again.
    package var isRepeatable = true
    /// Whether a conflict says that it is done already, and not that it must wait.
    package var hasFinalConflicts = false
    /// The most attempts, where it is not the client's number.
    package var maxAttempts: Int?

    /// Creates a REST-JSON request.
    /// - Parameters:
    ///   - template: The path with names in braces, as service models write it; `{name+}` keeps slashes.
    ///   - labels: What stands for the names.
    /// - Throws: ``AWSError`` with code `invalidInput` for a label that is empty or would change the path.
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
            self.path += PercentEncoding.encode(value, keepsSlashes: isGreedy) + part[part.index(after: end)...]
        }
    }

    /// Creates a JSON 1.0 or 1.1 request, whose operation stands in a header field.
    package init(target: String, of service: AWSService, version: String, _ input: JSONValue) {
        self.service = service
        self.operation = String(target.split(separator: ".").last ?? "")
        self.method = .POST
        self.path = "/"
        self.headers.add(name: "X-Amz-Target", value: target)
        self.setJSON(input, contentType: "application/x-amz-json-\(version)")
    }

    /// Creates a request of the query protocol.
    package init(query operation: String, of service: AWSService, version: String, _ parameters: [(String, String)]) {
        self.service = service
        self.operation = operation
        self.method = .POST
        self.path = "/"
        let form = ([("Action", operation), ("Version", version)] + parameters)
            .map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        self.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")
        self.body = .bytes(ByteBuffer(string: form))
    }

    /// Adds to the query; a parameter without a value is left out.
    package mutating func addQuery(_ name: String, _ value: String?) {
        guard let value else { return }
        self.query += "\(self.query.isEmpty ? "" : "&")\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))"
    }

    /// Adds a header field; one without a value is left out.
    /// - Throws: ``AWSError`` with code `invalidInput` for a value that would end the field early.
    package mutating func addHeader(_ name: String, _ value: String?) throws {
        guard let value else { return }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw AWSError(.invalidInput, "The header field \(name) of \(self.operation) holds a control character.")
        }
        self.headers.add(name: name, value: value)
    }

    /// Makes a value the body.
    package mutating func setJSON(_ value: JSONValue, contentType: String = "application/json") {
        self.headers.replaceOrAdd(name: "Content-Type", value: contentType)
        self.body = .bytes(ByteBuffer(string: value.json))
    }

    /// The request in words, for messages.
    var subject: String { "\(self.service.id) \(self.operation)" }
}
