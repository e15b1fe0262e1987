/// A change that a deployment makes, or would make, to one part of the system.
package struct Change: Sendable, Hashable, CustomStringConvertible {
    package enum Action: String, Sendable {
        case create, update, delete
        /// No change: the part is up to date.
        case keep
    }

    package var action: Action
    /// The name of the part, such as `runtime ai4ai`.
    package var subject: String
    /// The differences, or other information about the change.
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
