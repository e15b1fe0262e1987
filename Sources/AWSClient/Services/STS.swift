import NIOCore
import NIOHTTP1

/// A client for AWS Security Token Service, which identifies the caller.
package struct STS: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// The identity that the credentials belong to.
    package struct Identity: Sendable, Hashable {
        package var arn: String
        package var account: String
        /// The service's time, from the `Date` header.
        package var date: String?
    }

    /// Calls `GetCallerIdentity`.
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
