import AgentEvents
import BrowserAutomation
import Logging
import Vault

/// Encrypts what the browser of a waiting task knows, so that it can be stored with the question.
struct BrowserMemories: Sendable {
    let vault: Vault?
    let user: UserID?
    let logger: Logger

    /// - Returns: The encrypted memory; `nil` if nothing is kept here.
    /// - Throws: ``VaultError``.
    func seal(_ memory: BrowserMemory, of session: SessionID) async throws -> JSONValue? {
        guard let vault else { return nil }
        let sealed = try await vault.seal(memory, for: Self.purpose(session), of: self.user)
        return try JSONValue(encoding: sealed)
    }

    func open(_ sealed: JSONValue, of session: SessionID) async -> BrowserMemory? {
        do {
            let sealed = try sealed.decode(Vault.Sealed.self)
            return try await self.vault?.open(
                sealed, for: Self.purpose(session), of: self.user, as: BrowserMemory.self)
        } catch {
            self.logger.warning("Where a browser was can't be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private static func purpose(_ session: SessionID) -> String { "the browser of \(session)" }
}
