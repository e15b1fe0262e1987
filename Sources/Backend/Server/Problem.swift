import AgentEvents
import ChatStore
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore

/// An error response in the problem details format (RFC 9457).
struct Problem: Error, CustomStringConvertible {
    var status: HTTPResponse.Status
    /// A machine-readable error code.
    var code: String
    /// What failed, with which value, and what to do.
    var detail: String
    /// Additional members for clients.
    var members: [String: JSONValue] = [:]
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// Converts any error to the problem that clients see. Internal details are left out.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as ChatStoreError: self.init(error)
        case let error as RuntimeFailure: self.init(.badGateway, "runtime_unreachable", error.description)
        case let error as DecodingError: self.init(.badRequest, "invalid_json", Self.words(error))
        case let error as HTTPError where error.status == .notFound: self = .noRoute
        case let error as HTTPError:
            self.init(error.status, "http_error", error.body ?? error.status.reasonPhrase)
        default: self.init(.internalServerError, "internal", "Something went wrong here. Try again.")
        }
    }

    private init(_ error: ChatStoreError) {
        switch error.code {
        case .notFound: self.init(.notFound, "not_found", error.message)
        case .conflict(let current):
            self.init(.conflict, "conflict", error.message)
            self.members["current"] = try? JSONValue(encoding: SessionView(current))
        case .busy: self.init(.conflict, "busy", error.message)
        case .tooLarge: self.init(.contentTooLarge, "too_large", error.message)
        case .invalid: self.init(.badRequest, "invalid", error.message)
        // The cause concerns the operator, who finds it in the log.
        case .unavailable:
            self.init(.serviceUnavailable, "store_unavailable", "Chats are temporarily unavailable. Try again soon.")
        case .unusable:
            self.init(
                .internalServerError, "store_unusable",
                "The stored chats can't be read. Ask your administrator to check the server's log.")
        }
    }

    static let noRoute = Problem(
        .notFound, "not_found", "There is nothing at this address. The routes are in /api/openapi.json.")

    private static func words(_ error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .dataCorrupted(let told): context = told
        case .keyNotFound(let key, let told):
            return "The body lacks '\((told.codingPath + [key]).map(\.stringValue).joined(separator: "."))'."
        case .typeMismatch(_, let told), .valueNotFound(_, let told): context = told
        @unknown default: return "The body does not fit."
        }
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty
            ? "The body is not valid JSON." : "'\(path)' does not fit: \(context.debugDescription)"
    }

    var description: String { self.detail }

    var response: Response {
        var body = self.members
        body["type"] = "about:blank"
        body["title"] = .string(self.status.reasonPhrase)
        body["status"] = .integer(self.status.code)
        body["detail"] = .string(self.detail)
        body["code"] = .string(self.code)
        var headers = self.headers
        headers[.contentType] = "application/problem+json"
        return Response(
            status: self.status, headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: JSONValue.object(body).json)))
    }
}

/// Converts thrown errors to problem responses.
struct ProblemMiddleware: RouterMiddleware {
    let page: PageRoutes

    func handle(
        _ request: Request, context: BackendContext, next: (Request, BackendContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let problem = Problem(error)
            if problem.status == .notFound, let page = self.page.notFound(request) { return page }
            if problem.status.kind == .serverError {
                context.logger.error(
                    "A request failed",
                    metadata: [
                        "path": "\(context.endpointPath ?? "")",
                        "reason": "\((error as? RuntimeFailure)?.reason ?? "\(error)")",
                    ])
            }
            return problem.response
        }
    }
}
