import FoundationEssentials
import Synchronization

/// The time as the services see it: this machine's clock, corrected once a service has refused a signature for
/// its time.
package final class ServiceClock: Sendable, CustomStringConvertible {
    /// How far a service lets a signature's time be off.
    private static let tolerance = 240.0

    private let machine: @Sendable () -> Date
    private let offset = Mutex(0.0)

    init(now: @escaping @Sendable () -> Date) { self.machine = now }

    var now: Date { self.machine().addingTimeInterval(self.offset.withLock { $0 }) }

    /// How far this machine's clock is behind, in seconds; negative where it is ahead.
    package var secondsBehind: Double { self.offset.withLock { $0 } }

    /// Takes the service's time from the answer to a refused request.
    /// - Returns: Whether that has moved our clock, so that the request is worth another try.
    func learn(from date: String?, _ code: AWSError.Code) -> Bool {
        guard [.clockSkew, .badCredentials, .accessDenied].contains(code),
            let date = date.flatMap(Timestamp.parse(httpDate:))
        else { return false }
        let difference = date.timeIntervalSince(self.machine())
        // Within the tolerance it is not the clock that was wrong, or it has been set right since.
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
