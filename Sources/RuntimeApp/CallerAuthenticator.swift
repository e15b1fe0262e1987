import AccessTokens
import AgentCoreRuntime
import AgentEvents
import Logging
import Settings

/// Authenticates the caller of a request.
struct CallerAuthenticator: Sendable {
    /// The token verifier; `nil` if tokens are not required. In that case the runtime trusts its caller, which can only
    /// be the backend's role.
    private let verifier: TokenVerifier?

    init(_ settings: Settings.Tokens?) {
        self.verifier = settings.map { settings in
            func wanted(_ values: [String]) -> [String]? { values.isEmpty ? nil : values }
            let rules = TokenRules(
                issuers: settings.issuers, clients: wanted(settings.clients), audiences: wanted(settings.audiences),
                scopes: wanted(settings.scopes))
            return TokenVerifier(rules, keys: .discovering(settings.discoveryURL, issuers: settings.issuers))
        }
    }

    /// Returns the identity in the request's token; `nil` if tokens are not required.
    /// - Throws: ``InvocationError`` with status 401 if the token is missing or invalid, or 503 if it cannot be
    ///   verified now.
    func identify(_ context: RequestContext) async throws -> Identity? {
        guard let verifier else { return nil }
        guard let token = context.identity.bearerToken else {
            throw InvocationError(
                status: 401, message: "Unauthorized",
                details: "No access token came with the request. Is Authorization in the runtime's header allowlist?")
        }
        do {
            return try await verifier.verify(token)
        } catch  where error.code == .keysUnavailable {
            context.logger.error("Tokens cannot be checked", metadata: ["reason": "\(error)"])
            throw InvocationError(
                status: 503, message: "Service Unavailable", details: "Tokens cannot be checked now. Try again soon.")
        } catch {
            context.logger.info("A token was refused", metadata: ["reason": "\(error)"])
            throw InvocationError(status: 401, message: "Unauthorized", details: "The access token is not accepted.")
        }
    }
}
