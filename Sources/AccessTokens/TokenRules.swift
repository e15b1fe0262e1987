/// The requirements for access tokens. A rule that is `nil` accepts any value.
package struct TokenRules: Sendable, Hashable {
    /// The accepted issuers, in every accepted spelling.
    package var issuers: [String]
    /// The accepted clients, by `client_id`.
    package var clients: [String]?
    /// The accepted audiences; a token must name one of them.
    package var audiences: [String]?
    /// The accepted scopes; a token must have one of them.
    package var scopes: [String]?
    /// Whether a token must declare that it's an access token, as Cognito's do. A token that declares another use is
    /// always rejected.
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
