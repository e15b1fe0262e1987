import AccessTokens
import AgentCoreRuntime
import AgentEvents
import Logging
import Settings

/// Finds out who makes a request.
struct CallerAuthenticator: Sendable {
    /// `nil` where no tokens are asked for: then whoever may call is believed, which is the backend's role alone.
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

    /// Who has signed in with the request's token; `nil` where none is asked for.
    /// - Throws: ``InvocationError`` with status 401, or 503 where it cannot be known.
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
