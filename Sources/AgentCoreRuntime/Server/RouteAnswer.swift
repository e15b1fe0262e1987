import HTTPTypes
import NIOCore

/// A complete answer of the server's own, always JSON.
struct RouteAnswer {
    var status: HTTPResponse.Status
    var body: ByteBuffer
    var fields: HTTPFields = [:]

    init(status: HTTPResponse.Status, json: String) {
        self.status = status
        self.body = ByteBuffer(string: json)
    }

    /// `{"error": …, "details": …}` with the error's status.
    init(_ error: InvocationError) {
        struct Body: Encodable {
            var error: String
            var details: String?
        }
        let status = HTTPResponse.Status(code: (400...599).contains(error.status) ? error.status : 500)
        // Two strings always encode.
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
