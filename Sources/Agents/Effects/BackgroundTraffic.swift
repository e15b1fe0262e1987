import BrowserAutomation

/// What the last two documents send on their own: while they load, or from a timer before any action on them.
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
        if !self.documents.contains(where: { $0.id == id }) {
            self.documents = self.documents.suffix(1) + [Document(id: id)]
        }
        for index in self.documents.indices
        where self.documents[index].id == id && self.documents[index].habits.count < Self.mostHabits {
            self.documents[index].habits.insert(request.habit)
            self.documents[index].fingerprints.insert(fingerprint)
        }
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
