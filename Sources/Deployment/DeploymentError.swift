/// An error that stops a deployment. Completed parts are kept, and running the same command again resumes.
package struct DeploymentError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
