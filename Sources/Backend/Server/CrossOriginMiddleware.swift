import HTTPTypes
import Hummingbird

/// Lets pages from the configured origins call the API (Fetch Standard, "CORS protocol").
struct CrossOriginMiddleware: RouterMiddleware {
    private let origins: Set<String>

    init(_ origins: [String]) { self.origins = Set(origins) }

    private static let methods = "GET, POST, PATCH, DELETE"
    private static let requestFields = "Authorization, Content-Type, Accept, Idempotency-Key, Last-Event-ID"

    func handle(
        _ request: Request, context: BackendContext, next: (Request, BackendContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], self.origins.contains(origin) else {
            return try await next(request, context)
        }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(
                status: .noContent,
                headers: [
                    .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.requestFields,
                    .accessControlMaxAge: "600",
                ])
        } else {
            do {
                response = try await next(request, context)
            } catch {
                response = Problem(error).response
            }
        }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "Retry-After"
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        return response
    }
}
