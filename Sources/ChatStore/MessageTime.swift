public import FoundationEssentials

/// A time in nanoseconds since 1970, used as the sort key of messages. Encoded in JSON as a string, because it exceeds
/// JavaScript's safe integers.
public struct MessageTime: RawRepresentable, Sendable, Hashable, Comparable, Codable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// - Parameter date: A date between 1970 and 2255. Dates outside that range are clamped.
    public init(_ date: Date) {
        let sinceEpoch = min(max(date.timeIntervalSince1970, 0), 9e9)
        let seconds = sinceEpoch.rounded(.down)
        self.init(rawValue: Int(seconds) * 1_000_000_000 + Int((sinceEpoch - seconds) * 1e9))
    }

    public static var now: MessageTime { MessageTime(Date()) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let number = Int(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no number.")
        }
        self.rawValue = number
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(self.rawValue))
    }

    public static func < (one: MessageTime, other: MessageTime) -> Bool { one.rawValue < other.rawValue }

    /// The current time, or the next nanosecond after another time if that is later. Keeps messages in order although
    /// clocks differ and may go backward.
    public static func next(after other: MessageTime, now: MessageTime = .now) -> MessageTime {
        max(now, MessageTime(rawValue: other.rawValue + 1))
    }

    public var date: Date { Date(timeIntervalSince1970: Double(self.rawValue) / 1e9) }
}
