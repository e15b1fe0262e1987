import AgentCoreRuntime
import HTTPTypes
import Hummingbird
import Settings

/// Which callers are let in before anybody asks who they are.
struct OriginGuard: Sendable {
    private let settings: BackendSettings

    init(_ settings: BackendSettings) { self.settings = settings }

    /// Why a request is refused; `nil` where it is not.
    ///
    /// Without sign-in whoever reaches the backend is its user, so nothing may come by the detour of a web page: pages
    /// send their own `Origin`, and one that rebinds its name to this machine sends its own `Host`.
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

    /// Whether a page of this origin may open sockets: browsers hold no page back from that by themselves.
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

/// Headers that keep a browser from doing with our answers what it should not.
struct SecurityHeadersMiddleware: RouterMiddleware {
    private let contentSecurityPolicy: String
    /// RFC 6797: only where people come by HTTPS, which what stands before us ends.
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
        response.headers[.contentSecurityPolicy] = self.contentSecurityPolicy
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
