import AgentEvents
import AgentLoop
import Files
public import FoundationEssentials
public import RuntimeProtocol
import Vault

/// What is stored of sessions, and what is kept for users.
extension AutomationAgent {
    public func picture(
        _ id: String, of scope: SessionScope
    ) async throws -> Data? {
        await self.store.picture(named: id, of: scope.session.automationRecord)
    }

    public func file(_ request: FileRequest, of scope: SessionScope) async throws -> FileResult {
        let session = scope.session
        switch request {
        case .list: return FileResult(id: nil, status: .completed, files: try await self.files.files(of: session))
        case .remove(let id):
            try await self.files.remove(id, of: session)
            return FileResult(id: id, status: .completed)
        case .read(let id, let offset, let count):
            let file = try await self.files.file(id, of: session)
            let bytes = count > 0 ? try await self.files.read(id, of: session, from: offset, count: count) : Data()
            return FileResult(id: id, status: .completed, file: file, content: bytes.base64EncodedString())
        case .preview(let id):
            let file = try await self.files.file(id, of: session)
            let path = try await self.files.path(of: id, in: session)
            let jpeg = try await DocumentReader().preview(of: file, at: path)
            return FileResult(id: id, status: .completed, content: jpeg.base64EncodedString())
        }
    }

    public func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) async throws -> StoredFile? {
        try await self.files.put(piece, in: scope.session)
    }

    public func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async throws -> [KeptItem] {
        guard let vault else {
            // Without a vault there may be a memory, whose facts are listed and forgotten with the items.
            guard case .keep = request else { return [] }
            throw VaultError(.unusable, "Nothing is kept between tasks here. Your administrator can change that.")
        }
        switch request {
        // The facts that agents remember are not in the vault.
        case .list, .forgetFact: break
        case .keep(let secret): try await vault.keep(secret, of: scope.user)
        case .forget(let id): try await vault.forget(id, of: scope.user)
        case .forgetAll: try await vault.forgetAll(of: scope.user)
        }
        return try await vault.items(of: scope.user)
    }

    public func forget(_ scope: SessionScope) async throws {
        _ = await self.abandonPreviousTask(of: scope.session)
        await self.live.end(scope.session)
        try await self.files.removeAll(of: scope.session)
        try await self.store.remove(scope.session.automationRecord)
    }
}
