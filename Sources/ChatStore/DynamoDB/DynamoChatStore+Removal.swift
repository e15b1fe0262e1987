import AWSClient
public import AgentEvents
import FoundationEssentials

extension DynamoChatStore {
    public func beginRemoval(of id: SessionID, of user: UserID) async throws -> Bool {
        let key = try self.key(id, user)
        let saveID = UUID().uuidString
        let input = self.chats.members(
            [
                "Key": .object(key), "UpdateExpression": "SET #status = :deleting, #save_id = :save_id",
                "ConditionExpression": "#status = :active",
            ],
            values: [
                ":deleting": SessionItem.deleting, ":active": SessionItem.active, ":save_id": .dynamoString(saveID),
            ])
        return try await self.untilWritten { _ in
            let item = try await self.chats.item(key)
            // If the first response was lost, the retry finds its own write.
            if item?["save_id"]?.dynamoString == saveID { return true }
            guard item?["status"] == SessionItem.active else { return false }
            return try await self.chats.call("UpdateItem", input).map { _ in true }
        }
    }

    public func finishRemoval(of id: SessionID, of user: UserID) async throws {
        let key = try self.key(id, user)
        guard let item = try await self.chats.item(key) else { return }
        guard item["status"] == SessionItem.deleting else {
            throw ChatStoreError(.invalid, "The chat \(id) is not hidden, so nothing of it was removed.")
        }
        try await self.messages.removeItems(of: .dynamoString(id.rawValue))
        // Delete the chat last, so that an interrupted removal can be found and finished.
        _ = try await self.chats.call(
            "DeleteItem",
            self.chats.members(
                ["Key": .object(key), "ConditionExpression": "#status = :deleting"],
                values: [":deleting": SessionItem.deleting]))
    }

    public func removals(of user: UserID) async throws -> [SessionID] {
        try await self.chats(of: user, "#status = :status", [":status": SessionItem.deleting])
            .compactMap { $0["session_id"]?.dynamoString.map(SessionID.init) }
    }
}
