package import AsyncHTTPClient
import NIOCore

/// The HTTP client of the process for all that goes out.
package enum OutboundHTTP {
    /// Made on first use and never shut down, as `HTTPClient.shared`; but a server that refuses connections is
    /// reported at once instead of being tried until the timeout.
    package static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        // The longest silence within an answer; a model may think for minutes before its next word.
        configuration.timeout.read = .minutes(5)
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()
}
