import NIOCore
import NIOHTTP1

/// Says who we are.
package struct STS: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Who the credentials belong to.
    package struct Identity: Sendable, Hashable {
        package var arn: String
        package var account: String
        /// What the service's clock said, as in `Date`.
        package var date: String?
    }

    /// - Throws: ``AWSError``.
    package func callerIdentity() async throws -> Identity {
        let response = try await self.client.execute(
            AWSRequest(query: "GetCallerIdentity", of: .sts, version: "2011-06-15", []))
        let xml = String(buffer: try await response.bytes(upTo: 64 * 1024))
        guard let arn = XMLText.first("Arn", in: xml), let account = XMLText.first("Account", in: xml) else {
            throw response.bad("names nobody")
        }
        return Identity(arn: arn, account: account, date: response.headers.first(name: "date"))
    }
}
