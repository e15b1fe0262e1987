public import RuntimeProtocol

/// What an agent may do by itself, and what a person is asked about first.
public struct ApprovalPolicy: Sendable, Hashable, Codable {
    /// What happens before an action of a kind.
    public enum Rule: String, Sendable, Codable {
        case allow
        case ask
        case deny
    }

    /// The rules that differ from the usual ones: looking and changing is allowed, a person is asked about the rest.
    public var rules: [ActionKind: Rule]

    public init(rules: [ActionKind: Rule] = [:]) { self.rules = rules }

    public func rule(for kind: ActionKind) -> Rule {
        self.rules[kind] ?? ([.look, .change].contains(kind) ? .allow : .ask)
    }
}
