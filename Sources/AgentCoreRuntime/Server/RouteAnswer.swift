import HTTPTypes
import NIOCore

/// A complete response that the server itself creates, always JSON.
struct RouteAnswer {
    var status: HTTPResponse.Status
    var body: ByteBuffer
    var fields: HTTPFields = [:]

    init(status: HTTPResponse.Status, json: String) {
        self.status = status
        self.body = ByteBuffer(string: json)
    }

    /// Creates a response with the error's status and the body `{"error": …, "details": …}`.
    init(_ error: InvocationError) {
        struct Body: Encodable {
            var error: String
            var details: String?
        }
        let status = HTTPResponse.Status(code: (400...599).contains(error.status) ? error.status : 500)
        // Encoding two strings never fails.
        let data = try? AgentJSON.encode(Body(error: error.message, details: error.details))
        self.init(status: status, json: data.map { String(decoding: $0, as: UTF8.self) } ?? "{}")
    }

    var head: HTTPResponse {
        var fields = self.fields
        fields[.contentType] = "application/json"
        fields[.contentLength] = "\(self.body.readableBytes)"
        return HTTPResponse(status: self.status, headerFields: fields)
    }
}
