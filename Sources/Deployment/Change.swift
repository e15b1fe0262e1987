/// What a deployment does, or would do, to one part of the system.
package struct Change: Sendable, Hashable, CustomStringConvertible {
    package enum Action: String, Sendable {
        case create, update, delete
        /// Nothing: it is what it should be.
        case keep
    }

    package var action: Action
    /// The part, such as `runtime ai4ai`.
    package var subject: String
    /// What is different, or what is worth knowing.
    package var details: [String] = []

    package var description: String {
        let sign =
            switch self.action {
            case .create: "+"
            case .update: "~"
            case .delete: "-"
            case .keep: "="
            }
        let details = self.details.isEmpty ? "" : ": " + self.details.joined(separator: "; ")
        return "\(sign) \(self.subject)\(details)"
    }
}
