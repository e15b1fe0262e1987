/// The status that `/ping` reports. Source: AgentCore developer guide, HTTP protocol contract.
public enum PingStatus: String, Sendable, Codable, Hashable {
    /// Ready and idle: the platform's idle timer is running.
    case healthy = "Healthy"
    /// Work is running: the platform keeps the session alive.
    case healthyBusy = "HealthyBusy"
}

/// A response of `/ping`.
struct PingReport: Sendable, Hashable {
    var status: PingStatus
    /// When the status last changed, in whole Unix seconds. Never the time of the ping: a value that changes with each
    /// ping keeps idle sessions alive for hours, and without a value the platform ends busy sessions.
    var timeOfLastUpdate: Int

    var json: String { #"{"status":"\#(self.status.rawValue)","time_of_last_update":\#(self.timeOfLastUpdate)}"# }
}
