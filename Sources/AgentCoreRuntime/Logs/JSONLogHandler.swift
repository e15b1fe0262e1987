import FoundationEssentials
public import Logging

/// A log handler that writes each entry as one JSON object per line, with `timestamp`, `level`, `message`, `logger`,
/// and the metadata.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    let output: LogOutput
    private let label: String

    /// Creates a handler.
    /// - Parameters:
    ///   - label: The value of each entry's `logger` member.
    ///   - output: The destination of the lines.
    ///   - level: The minimum level that is written.
    ///   - metadataProvider: Adds contextual metadata to each entry, such as trace IDs.
    public init(
        label: String = "agentcore", output: LogOutput, level: Logger.Level = .info,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.output = output
        self.logLevel = level
        self.metadataProvider = metadataProvider
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = #"{"timestamp":""#
        line.reserveCapacity(256)
        line += Date().formatted(Self.timestamp)
        line += #"","level":""#
        line += event.level.rawValue
        line += #"","message":"#
        line.appendJSON("\(event.message)")
        line += #","logger":"#
        line.appendJSON(self.label)
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { $1 } }
        if let own = event.metadata { metadata.merge(own) { $1 } }
        if let error = event.error { metadata["error"] = "\(error)" }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ","
            line.appendJSON(key)
            line += ":"
            line.appendJSON(value)
        }
        line += "}\n"
        self.output.write(line, isUrgent: event.level >= .critical)
    }

    private static let timestamp = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension String {
    fileprivate mutating func appendJSON(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self.appendJSON(text)
        case .stringConvertible(let value): self.appendJSON(value.description)
        case .array(let values):
            self += "["
            for (index, value) in values.enumerated() {
                if index > 0 { self += "," }
                self.appendJSON(value)
            }
            self += "]"
        case .dictionary(let values):
            self += "{"
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { self += "," }
                self.appendJSON(key)
                self += ":"
                self.appendJSON(value)
            }
            self += "}"
        }
    }

    /// Appends a JSON string (RFC 8259, section 7).
    fileprivate mutating func appendJSON(_ text: String) {
        self += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: self.unicodeScalars.append(scalar)
            }
        }
        self += "\""
    }
}
