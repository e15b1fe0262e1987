import BrowserAutomation

/// What the last two documents, and the workers, send on their own: while they load, or from a timer before any action on
/// them.
///
/// Two, because a request that the earlier document sends while it unloads arrives when the next one is already shown.
struct BackgroundTraffic: Sendable {
    private struct Document {
        let id: String?
        /// The requests by address and fields.
        var habits: Set<String> = []
        var fingerprints: Set<String> = []
    }

    private static let mostHabits = 1000

    private var documents: [Document] = []

    /// Records a request that no action caused.
    mutating func learn(_ request: WebRequest, fingerprint: String) {
        let id = request.page.document
        var document = self.documents.first { $0.id == id } ?? Document(id: id)
        if document.habits.count < Self.mostHabits {
            document.habits.insert(request.habit)
            document.fingerprints.insert(fingerprint)
        }
        let others = self.documents.filter { $0.id != id }
        // Workers have no document.
        let workers = others.filter { $0.id == nil }
        self.documents = workers + others.filter { $0.id != nil }.suffix(id == nil ? 2 : 1) + [document]
    }

    /// Returns whether one of these documents has sent a request like this one before.
    /// - Parameter fingerprint: If given, only the identical request counts.
    func contains(_ request: WebRequest, fingerprint: String?, of senders: [String?]) -> Bool {
        self.documents.contains { document in
            senders.contains(document.id)
                && (fingerprint.map(document.fingerprints.contains) ?? document.habits.contains(request.habit))
        }
    }
}
