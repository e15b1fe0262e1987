package import BrowserAutomation

/// A test looked for a control that is not in the snapshot.
package struct NoSuchControl: Error, CustomStringConvertible {
    package var description: String
}

extension PageSnapshot {
    /// The reference of the control with this role and name.
    package func reference(_ role: String, _ name: String) throws -> String {
        for line in self.lines + self.outside where line.contains("] \(role) \"\(name)\"") {
            return String(line.dropFirst().prefix { $0 != "]" })
        }
        throw NoSuchControl(description: "There is no \(role) \"\(name)\" in:\n\(self.text)")
    }
}
