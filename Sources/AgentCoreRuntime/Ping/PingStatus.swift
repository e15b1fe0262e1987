/// What `/ping` reports (AgentCore developer guide, HTTP protocol contract).
public enum PingStatus: String, Sendable, Codable, Hashable {
    /// Ready and idle: the platform's idle timer runs.
    case healthy = "Healthy"
    /// Work is under way: the platform keeps the session.
    case healthyBusy = "HealthyBusy"
}

/// One answer of `/ping`.
struct PingReport: Sendable, Hashable {
    var status: PingStatus
    /// When the status last changed, in whole Unix seconds. Never the time of the ping: a value that moves with
    /// each ping keeps idle sessions alive for hours, and without one busy sessions are reaped.
    var timeOfLastUpdate: Int

    var json: String { #"{"status":"\#(self.status.rawValue)","time_of_last_update":\#(self.timeOfLastUpdate)}"# }
}
