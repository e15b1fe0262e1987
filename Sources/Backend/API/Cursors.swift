import ChatStore
import Synchronization

/// Provides the signer for pagination cursors. All processes share its secret, which never changes and is read once.
final class Cursors: Sendable {
    private let store: any ChatStore
    private let known = Mutex<CursorSigner?>(nil)

    init(store: any ChatStore) { self.store = store }

    /// - Throws: ``ChatStoreError``.
    var signer: CursorSigner {
        get async throws {
            if let signer = self.known.withLock({ $0 }) { return signer }
            let signer = CursorSigner(secret: try await self.store.secret())
            self.known.withLock { $0 = signer }
            return signer
        }
    }
}
