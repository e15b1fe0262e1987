public import AgentEvents
import AgentLoop
import Files
public import FoundationEssentials
public import RuntimeProtocol
import Vault

/// What is stored of sessions, and what is kept for users.
extension AutomationAgent {
    public func picture(
        _ id: String, of session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> Data? {
        await self.store.picture(named: id, of: session.automationRecord)
    }

    public func file(
        _ id: String, from offset: Int, count: Int, of session: SessionID, for user: UserID?,
        _ propagation: Propagation
    ) async throws -> (file: StoredFile, bytes: Data) {
        let file = try await self.files.file(id, of: session)
        let bytes = count > 0 ? try await self.files.read(id, of: session, from: offset, count: count) : Data()
        return (file, bytes)
    }

    public func putFile(
        _ piece: FilePiece, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> StoredFile? {
        try await self.files.put(piece, in: session)
    }

    public func keeping(
        _ request: KeepingRequest, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> [KeptItem] {
        guard let vault else {
            throw VaultError(.unusable, "Nothing is kept between tasks here. Your administrator can change that.")
        }
        switch request {
        case .list: break
        case .keep(let secret): try await vault.keep(secret, of: user)
        case .forget(let id): try await vault.forget(id, of: user)
        case .forgetAll: try await vault.forgetAll(of: user)
        }
        return try await vault.items(of: user)
    }

    public func forget(_ session: SessionID, for user: UserID?, _ propagation: Propagation) async throws {
        _ = await self.abandonPreviousTask(of: session)
        await self.live.end(session)
        try await self.files.removeAll(of: session)
        try await self.store.remove(session.automationRecord)
    }
}
