import AgentCoreRuntime
import HTTPTypes
import Hummingbird
import Settings

/// Rejects requests by origin and host, before authentication.
struct OriginGuard: Sendable {
    private let settings: BackendSettings

    init(_ settings: BackendSettings) { self.settings = settings }

    /// The reason to reject a request, or `nil` if it's allowed.
    ///
    /// Without sign-in, anyone who reaches the backend is its user, so a web page must not be able to call it: the
    /// `Origin` check stops cross-site requests, and the `Host` check stops DNS rebinding.
    func refusal(of request: HTTPRequest) -> Problem? {
        guard self.settings.cognito == nil else { return nil }
        var request = request
        if let origin = request.headerFields[.origin], self.settings.allowedOrigins.contains(origin) {
            request.headerFields[.origin] = nil
        }
        return LocalHostPolicy().refusedValue(of: request).map { value in
            Problem(
                .forbidden, "forbidden", "\(value) is not this machine. Without sign-in only this machine may call.")
        }
    }

    /// Whether the request's origin may open a WebSocket. Browsers don't apply the same-origin policy to WebSockets.
    func allowsSocket(_ request: HTTPRequest) -> Bool {
        guard let origin = request.headerFields[.origin] else { return true }
        if self.settings.cognito == nil { return self.refusal(of: request) == nil }
        if self.settings.allowedOrigins.contains(origin) { return true }
        let own = self.settings.publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        return origin == own || origin == "http://\(request.authority ?? "")"
            || origin == "https://\(request.authority ?? "")"
    }
}

struct OriginGuardMiddleware: RouterMiddleware {
    let originGuard: OriginGuard

    func handle(
        _ request: Request, context: BackendContext, next: (Request, BackendContext) async throws -> Response
    ) async throws -> Response {
        if let refusal = self.originGuard.refusal(of: request.head) { throw refusal }
        return try await next(request, context)
    }
}

/// Adds security headers to every response.
struct SecurityHeadersMiddleware: RouterMiddleware {
    private let contentSecurityPolicy: String
    /// RFC 6797. Sent only if the public URL is HTTPS; a proxy in front of the backend terminates TLS.
    private let strictTransportSecurity: String?

    init(_ settings: BackendSettings) {
        let isSecure = settings.publicURL?.lowercased().hasPrefix("https://") ?? false
        self.strictTransportSecurity = isSecure ? "max-age=31536000" : nil
        let connections = ["'self'", settings.cognito?.domain].compactMap { $0 }.joined(separator: " ")
        self.contentSecurityPolicy = """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
            connect-src \(connections); font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
            frame-ancestors 'none'
            """
    }

    func handle(
        _ request: Request, context: BackendContext, next: (Request, BackendContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        // A route may have a stricter policy of its own.
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = self.contentSecurityPolicy
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.strictTransportSecurity] = self.strictTransportSecurity
        for (name, value) in Self.fields { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private static let fields: [(HTTPField.Name, String)] = [
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
