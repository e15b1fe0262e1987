/// Why a deployment cannot go on. What was done stays, and the same command goes on from there.
package struct DeploymentError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
