import AccessTokens
import AgentEvents
import Hummingbird
import Logging
import Settings

/// Authenticates requests.
struct Authenticator: Sendable {
    /// The token verifier; `nil` without sign-in, where only this machine's user can reach the backend.
    let verifier: TokenVerifier?

    /// The only user of a backend without sign-in.
    static let localUser = Identity(userID: UserID(rawValue: "local"), name: "Local user", expiresAt: nil)

    /// Authenticates a request by its header fields.
    /// - Throws: ``Problem`` 401, without the reason, or 503 if tokens can't be verified now.
    func identify(_ fields: HTTPFields, logger: Logger) async throws -> (identity: Identity, token: String?) {
        guard self.verifier != nil else { return (Self.localUser, nil) }
        let values = fields[values: .authorization]
        guard values.count == 1, values[0].lowercased().hasPrefix("bearer ") else { throw Problem.unauthorized }
        let token = String(values[0].dropFirst("bearer ".count))
        let identity = try await self.identify(token: token, logger: logger)
        return (identity, token)
    }

    /// Authenticates a bearer token.
    /// - Throws: ``Problem`` 401, without the reason, or 503 if tokens can't be verified now.
    func identify(token: String, logger: Logger) async throws -> Identity {
        guard let verifier else { return Self.localUser }
        do {
            return try await verifier.verify(token)
        } catch  where error.code == .keysUnavailable {
            logger.error("Tokens cannot be checked", metadata: ["reason": "\(error)"])
            throw Problem(.serviceUnavailable, "sign_in_unavailable", "Sign-in cannot be checked now. Try again soon.")
        } catch {
            logger.info("A token was refused", metadata: ["reason": "\(error)"])
            throw Problem.unauthorized
        }
    }
}

extension Problem {
    static var unauthorized: Problem {
        var problem = Problem(.unauthorized, "unauthorized", "Sign in again.")
        problem.headers[.wwwAuthenticate] = #"Bearer error="invalid_token""#
        return problem
    }
}

/// Requires authentication, and applies the user's rate limit.
struct AuthenticationMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let limits: RateLimits

    func handle(
        _ request: Request, context: BackendContext, next: (Request, BackendContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        (context.identity, context.token) = try await self.authenticator.identify(
            request.headers, logger: context.logger)
        try self.limits.take(.request, for: try context.caller.user)
        return try await next(request, context)
    }
}

extension BackendSettings.Cognito {
    /// Accepts access tokens of the user pool's clients with the `openid` scope, which Amazon Cognito requires for
    /// looking up the user's profile.
    var rules: TokenRules {
        TokenRules(issuers: [self.issuer], clients: self.clientIDs, scopes: ["openid"], mustSayUse: true)
    }
}
