package import AsyncHTTPClient
import NIOCore

/// The process's HTTP clients for outbound requests. Created on first use and never shut down, like
/// `HTTPClient.shared`.
package enum OutboundHTTP {
    /// The client for services. Its read timeout is five minutes, because a model can be silent for minutes while it
    /// reasons.
    package static let client = make(silence: .minutes(5))

    /// The client for agents, whose response can arrive after a quarter of an hour of silence.
    package static let patient = make(silence: .minutes(20))

    /// Describes an error without secrets. The HTTP client's own errors quote whole header fields, which can contain
    /// secrets.
    package static func words(_ error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? "\(error)"
    }

    /// - Parameter silence: The read timeout: the maximum time between two parts of a response.
    private static func make(silence: TimeAmount) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // Report a server that refuses connections immediately, instead of retrying until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Each followed run holds a connection, and a session must not wait for another session to end.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = silence
        configuration.redirectConfiguration = .disallow
        // The operations that send requests have spans of their own; another span per request would add cost but little
        // information.
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
