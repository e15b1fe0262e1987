package import AsyncHTTPClient
import NIOCore

/// The HTTP clients of the process for all that goes out. Made on first use and never shut down, as
/// `HTTPClient.shared`.
package enum OutboundHTTP {
    /// For services. A model may think for minutes before its next word.
    package static let client = make(silence: .minutes(5))

    /// For agents, whose whole answer may come after a quarter of an hour without a word before.
    package static let patient = make(silence: .minutes(20))

    /// An error in words. The client's own errors quote header fields whole, which hold secrets.
    package static func words(_ error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? "\(error)"
    }

    /// - Parameter silence: The longest wait for more of an answer.
    private static func make(silence: TimeAmount) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // A server that refuses connections is reported at once instead of being tried until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Each run that is followed holds a connection, and a session must not wait for another one's end.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = silence
        configuration.redirectConfiguration = .disallow
        // What a request is for has a span already; one more for each would tell little, and cost as much.
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
