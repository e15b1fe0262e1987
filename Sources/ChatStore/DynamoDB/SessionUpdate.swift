import AWSClient
import AgentEvents

/// Builds the conditional update of a chat's item, which fails if the values it relies on have changed.
struct SessionUpdate {
    /// Whether the next user message sets the chat's title.
    private let isUntitled: Bool
    /// Whether the next user message brings the chat back to the list.
    private let comesBack: Bool
    private var updatedAt: MessageTime
    /// The assignments by attribute.
    private var sets: [String: String] = [:]
    private var removals: [String] = []
    private var conditions = ["#status = :active"]
    private var values: [String: JSONValue] = [":active": SessionItem.active]

    /// - Parameters:
    ///   - change: A validated change that no other run blocks.
    ///   - session: The chat as it was read.
    init(_ change: SessionChange, of session: ChatSession) {
        self.isUntitled = (change.title ?? session.title).isEmpty
        self.comesBack = session.placement == .archived && change.placement == nil
        self.updatedAt = session.updatedAt
        if let placement = change.placement, placement != session.placement { self.set(placement) }
        if let title = change.title {
            self.set(title: title)
            self.count("version")
            self.update(at: .next(after: session.updatedAt))
        }
        switch change.run {
        case nil: break
        case .begin(let run):
            self.require(
                "(attribute_not_exists(#run_id) OR #run_id = :run_id OR #run_state <> :running)",
                [":running": .dynamoString(ChatRun.State.running.rawValue)])
            self.set(run)
        case .end(let run, let next):
            guard session.run?.id == run else { break }
            self.require("#run_id = :ended", [":ended": .dynamoString(run.rawValue)])
            self.set(next)
        }
    }

    private mutating func set(_ run: ChatRun?) {
        let attributes = run.map(SessionItem.attributes) ?? [:]
        for name in SessionItem.runAttributes {
            if let value = attributes[name] { self.set(name, value) } else { self.remove(name) }
        }
    }

    /// Whether there is nothing to update.
    var isEmpty: Bool { self.sets.isEmpty && self.removals.isEmpty }

    mutating func require(_ condition: String, _ values: [String: JSONValue]) {
        self.conditions.append(condition)
        self.values.merge(values) { $1 }
    }

    /// Adds a new message to the update.
    /// - Parameters:
    ///   - excerpt: The excerpt of its content, passed in because creating it is slow for large messages.
    ///   - last: The time of its last part. The next message comes after it.
    mutating func add(_ message: ChatMessage, excerpt: String, last: MessageTime) {
        self.require("#last_ts < :time", [":time": .dynamoNumber(message.time.rawValue)])
        self.set("last_ts", .dynamoNumber(last.rawValue))
        self.set("preview", .dynamoString(excerpt))
        self.count("message_count")
        // A rename may have used a clock that was ahead.
        self.update(at: max(self.updatedAt, message.time))
        if self.comesBack, message.role == .user {
            self.require(
                "#placement = :archived", [":archived": .dynamoString(ChatSession.Placement.archived.rawValue)])
            self.set(.list)
        }
        if self.isUntitled, message.role == .user, message.kind == .text {
            self.require("#title = :untitled", [":untitled": .dynamoString("")])
            self.set(title: ChatSession.title(of: message.content))
        }
    }

    /// The members of the table's `Update` action.
    /// - Parameter saveID: An ID of this write. It's stored with the chat, so that a caller whose response was lost can
    ///   recognize its own write.
    func members(of table: DynamoTable, key: [String: JSONValue], saveID: String) -> [String: JSONValue] {
        var update = self
        update.set("save_id", .dynamoString(saveID))
        let sets = update.sets.values.sorted().joined(separator: ", ")
        let removals = update.removals.isEmpty ? "" : " REMOVE \(update.removals.joined(separator: ", "))"
        return table.members(
            [
                "Key": .object(key), "UpdateExpression": "SET \(sets)\(removals)",
                "ConditionExpression": .string(update.conditions.joined(separator: " AND ")),
            ], values: update.values)
    }

    private mutating func set(_ placement: ChatSession.Placement) {
        if placement == .list {
            self.remove("placement")
        } else {
            self.set("placement", .dynamoString(placement.rawValue))
        }
    }

    private mutating func set(title: String) {
        self.set("title", .dynamoString(title))
        self.set("title_lower", .dynamoString(ChatSession.folded(title)))
    }

    private mutating func update(at time: MessageTime) {
        self.updatedAt = time
        self.set("updated_at", .dynamoNumber(time.rawValue))
    }

    private mutating func set(_ name: String, _ value: JSONValue) {
        self.sets[name] = "#\(name) = :\(name)"
        self.values[":\(name)"] = value
    }

    private mutating func count(_ name: String) {
        self.sets[name] = "#\(name) = #\(name) + :one"
        self.values[":one"] = .dynamoNumber(1)
    }

    private mutating func remove(_ name: String) { self.removals.append("#\(name)") }
}

extension SessionChange {
    /// The run in progress that blocks the run of this change; `nil` if there is none.
    func obstacle(in session: ChatSession) -> ChatRun? {
        guard case .begin(let run) = self.run, let other = session.run, other.state == .running, other.id != run.id
        else { return nil }
        return other
    }
}
