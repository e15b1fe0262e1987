import FoundationEssentials
import Synchronization

/// The time as AWS services see it: the local clock, corrected after a service rejects a signature because of its time.
package final class ServiceClock: Sendable, CustomStringConvertible {
    /// The clock difference that services tolerate in a signature, in seconds.
    private static let tolerance = 240.0

    private let machine: @Sendable () -> Date
    private let offset = Mutex(0.0)

    init(now: @escaping @Sendable () -> Date) { self.machine = now }

    var now: Date { self.machine().addingTimeInterval(self.offset.withLock { $0 }) }

    /// How far the local clock is behind the services, in seconds; negative if it is ahead.
    package var secondsBehind: Double { self.offset.withLock { $0 } }

    /// Adopts the service's time from an error response.
    /// - Parameter date: The response's `Date` header.
    /// - Returns: Whether the corrected time changed, so that a retry can succeed.
    func learn(from date: String?, _ code: AWSError.Code) -> Bool {
        guard [.clockSkew, .badCredentials, .accessDenied].contains(code),
            let date = date.flatMap(Timestamp.parse(httpDate:))
        else { return false }
        let difference = date.timeIntervalSince(self.machine())
        // A difference within the tolerance means that the clock wasn't the cause, or that it has been corrected since.
        let correction = abs(difference) > Self.tolerance ? difference : 0
        return self.offset.withLock { offset in
            defer { offset = correction }
            return abs(offset - correction) > Self.tolerance
        }
    }

    package var description: String {
        let seconds = Int(self.secondsBehind)
        return seconds == 0 ? "right" : "\(abs(seconds)) seconds \(seconds > 0 ? "behind" : "ahead")"
    }
}
