import AccessTokens
import AgentEvents
import Hummingbird
import Logging
import Settings

/// Finds out who makes a request.
struct Authenticator: Sendable {
    /// `nil` where only this machine's user can reach the backend.
    let verifier: TokenVerifier?

    /// The one user of a backend without sign-in.
    static let localUser = Identity(userID: UserID(rawValue: "local"), name: "Local user", expiresAt: nil)

    /// - Parameter fields: The request's fields.
    /// - Throws: ``Problem`` 401, without the reason.
    func identify(_ fields: HTTPFields, logger: Logger) async throws -> (identity: Identity, token: String?) {
        guard self.verifier != nil else { return (Self.localUser, nil) }
        let values = fields[values: .authorization]
        guard values.count == 1, values[0].lowercased().hasPrefix("bearer ") else { throw Problem.unauthorized }
        let token = String(values[0].dropFirst("bearer ".count))
        let identity = try await self.identify(token: token, logger: logger)
        return (identity, token)
    }

    /// - Throws: ``Problem`` 401, without the reason, or 503 where it cannot be known.
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

/// Lets only known people through, and not more often than is good for the others.
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
    /// Access tokens of the pool's clients, with which one can ask who has signed in.
    var rules: TokenRules {
        TokenRules(issuers: [self.issuer], clients: self.clientIDs, scopes: ["openid"], mustSayUse: true)
    }
}
