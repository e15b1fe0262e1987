import AgentEvents

/// Lets a paused request go on or stops it, as the address policy says. Each hop of a redirect is a request.
enum RequestGate {
    private struct Paused: Decodable {
        struct Request: Decodable { var url: String }
        var requestId: String
        var resourceType: String
        var request: Request
    }

    /// Judges a `Fetch.requestPaused` event. Names that must be looked up are judged aside.
    static func judge(
        _ event: CDPConnection.Event, session: String, gate: AddressGate, connection: CDPConnection,
        onRefusal: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        guard let paused = try? event.parameters(Paused.self) else { return }
        @Sendable func decide(_ refusal: String?) {
            if let refusal {
                connection.post(
                    "Fetch.failRequest",
                    ["requestId": .string(paused.requestId), "errorReason": "BlockedByClient"], session: session)
                onRefusal(refusal)
            } else {
                connection.post("Fetch.continueRequest", ["requestId": .string(paused.requestId)], session: session)
            }
        }
        let isDocument = paused.resourceType == "Document"
        switch gate.policy.verdict(on: paused.request.url, isDocument: isDocument) {
        case .allowed: decide(nil)
        case .refused(let reason): decide(reason)
        case .dependsOn:
            // Ends with the look-up, which the system bounds; the request it answers may be gone by then.
            Task { decide(await gate.refusal(of: paused.request.url, isDocument: isDocument)) }
        }
    }
}
