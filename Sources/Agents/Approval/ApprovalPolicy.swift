public import RuntimeProtocol

/// Which actions an agent may perform on its own, and which need the user's approval first.
public struct ApprovalPolicy: Sendable, Hashable, Codable {
    /// How to handle an action of a kind.
    public enum Rule: String, Sendable, Codable {
        case allow
        case ask
        case deny
    }

    /// The rules that override the defaults. By default, `look` and `change` are allowed, and the user is asked about
    /// all other kinds.
    public var rules: [ActionKind: Rule]

    public init(rules: [ActionKind: Rule] = [:]) { self.rules = rules }

    public func rule(for kind: ActionKind) -> Rule {
        self.rules[kind] ?? ([.look, .change].contains(kind) ? .allow : .ask)
    }
}
