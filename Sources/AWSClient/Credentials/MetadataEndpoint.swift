import AgentEvents
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOHTTP1

/// An HTTP endpoint on the local machine or its host that serves credentials.
struct MetadataEndpoint: Sendable {
    /// The maximum length of a response, in bytes.
    private static let limit = 64 * 1024

    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    /// Sends one request, without retries.
    /// - Throws: ``AWSError`` with code `unreachable`.
    static func ask(
        _ method: HTTPMethod = .GET, _ url: String, headers: [(String, String)] = [], timeout: TimeAmount = .seconds(1)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = HTTPHeaders(headers)
        do {
            return try await withThrowingTaskGroup(of: Answer.self) { [request] group in
                group.addTask {
                    let response = try await OutboundHTTP.client.execute(request, timeout: timeout)
                    let body = try await response.body.collect(upTo: self.limit)
                    return Answer(status: Int(response.status.code), body: String(buffer: body))
                }
                group.addTask {
                    // The HTTP client's own timeout covers only the response head, not the body.
                    try await Task.sleep(for: .nanoseconds(timeout.nanoseconds * 2))
                    throw HTTPClientError.readTimeout
                }
                defer { group.cancelAll() }
                return try await group.next() ?? Answer(status: 0, body: "")
            }
        } catch let error where !(error is CancellationError) {
            throw AWSError(.unreachable, "\(url.printable) does not serve credentials: \(OutboundHTTP.words(error)).")
        }
    }

    /// Parses credentials in the format of the metadata services. Only the keys are required, and for temporary
    /// credentials the token and expiration, because AgentCore's service sends no `Code`, `Type`, or `LastUpdated`.
    static func credentials(in answer: Answer, from source: String) throws -> AWSCredentials {
        func fail(_ why: String) -> AWSError {
            AWSError(
                .noCredentials, "\(source) answered \(answer.status): \(why).", remedy: "Check the role given here.")
        }
        guard answer.status == 200 else {
            // Other 2xx responses can contain keys too, so don't quote the body.
            throw fail((200..<300).contains(answer.status) ? "not the status that is due" : answer.body.printable)
        }
        guard let json = try? JSONValue(json: answer.body), case .object = json else { throw fail("no JSON object") }
        if let code = json["Code"]?.string, code != "Success" { throw fail(json["Message"]?.string ?? code) }
        func text(_ key: String) throws -> String? {
            guard let value = json[key], value != .null else { return nil }
            // Characters outside visible ASCII could end a header field early.
            guard let text = value.string, !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw fail("\(key) is no plain text")
            }
            return text
        }
        guard let id = try text("AccessKeyId"), let secret = try text("SecretAccessKey") else {
            throw fail("no AccessKeyId and SecretAccessKey")
        }
        var expiration: Date?
        if let expiry = try text("Expiration") {
            guard let date = Timestamp.parse(iso8601: expiry) else { throw fail("Expiration is '\(expiry.printable)'") }
            expiration = date
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: try text("Token"), expiration: expiration)
    }
}
