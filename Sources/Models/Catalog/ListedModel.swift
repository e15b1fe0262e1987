/// A model that can be chosen.
public struct ListedModel: Sendable, Hashable {
    /// The value of the setting that chooses it.
    public var setting: String
    /// What is known about it, for people; may be empty.
    public var remarks: [String] = []
    /// Whether it calls tools, which agents need; `nil` if unknown.
    public var callsTools: Bool?

    public init(setting: String, remarks: [String] = [], callsTools: Bool? = nil) {
        self.setting = setting
        self.remarks = remarks
        self.callsTools = callsTools
    }
}
