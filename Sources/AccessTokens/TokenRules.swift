/// Which access tokens are accepted. What is `nil` may be anything.
package struct TokenRules: Sendable, Hashable {
    /// Who must have issued them, in each way of writing that is taken.
    package var issuers: [String]
    /// The clients that they may be for, by `client_id`.
    package var clients: [String]?
    /// The audiences of which they must name one.
    package var audiences: [String]?
    /// The scopes of which they must have one.
    package var scopes: [String]?
    /// Whether they must say that they are access tokens, as Cognito's do; those that say otherwise are never accepted.
    package var mustSayUse = false

    package init(
        issuers: [String], clients: [String]? = nil, audiences: [String]? = nil, scopes: [String]? = nil,
        mustSayUse: Bool = false
    ) {
        self.issuers = issuers
        self.clients = clients
        self.audiences = audiences
        self.scopes = scopes
        self.mustSayUse = mustSayUse
    }
}
