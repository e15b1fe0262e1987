public import AgentEvents
public import AgentLoop
import PageText
import Synchronization

/// A model that plays prepared turns, for testing agents without a real model.
///
/// A turn names controls by role and label, as a user would. The model looks up their references in the newest snapshot
/// of the conversation.
public final class ScriptedModel: LanguageModel {
    /// A turn of the script.
    public enum Turn: Sendable {
        /// Answers with text.
        case say(String)
        /// Calls a tool.
        case call(String, JSONValue = [:])
        /// Calls a tool on a control in the newest snapshot, and adds the control's `ref` to the arguments.
        case callOn(String, role: String, name: String, JSONValue = [:])
        /// Determines the turn from the request.
        case decide(@Sendable (ModelRequest) -> Turn)
        /// Sends exactly these events, even ones that no provider would send.
        case events([ModelEvent])
        /// Fails with an error.
        case fail(ModelError)
        /// Never responds.
        case hang
    }

    public let name = "scripted"
    public let provider = "ai4ai"
    private let able: ModelAbilities
    private let turns: Mutex<[Turn]>
    private let received = Mutex<[ModelRequest]>([])
    private let missed = Mutex<[String]>([])

    /// Creates a model that plays the turns in order, and then says that the script is over.
    /// - Parameter abilities: What the model can do.
    public init(_ turns: [Turn], abilities: ModelAbilities = .init()) {
        self.turns = Mutex(turns)
        self.able = abilities
    }

    public func abilities() async -> ModelAbilities { self.able }

    /// The requests that the model has received, in order.
    public var requests: [ModelRequest] { self.received.withLock { $0 } }

    /// What the script wanted to use and couldn't, because it was not in the newest snapshot.
    public var missing: [String] { self.missed.withLock { $0 } }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.received.withLock { $0.append(request) }
        let turn = self.turns.withLock { $0.isEmpty ? Turn.say("The script is over.") : $0.removeFirst() }
        return AsyncThrowingStream { self.play(turn, request, $0) }
    }

    private func play(
        _ turn: Turn, _ request: ModelRequest, _ stream: AsyncThrowingStream<ModelEvent, any Error>.Continuation
    ) {
        func call(_ tool: String, _ input: JSONValue) {
            let id = "call-\(self.received.withLock { $0.count })"
            play(.calling(tool, input, id: id))
        }
        func play(_ events: [ModelEvent]) {
            for event in events { stream.yield(event) }
            stream.finish()
        }
        switch turn {
        case .say(let text): play(.saying(text))
        case .call(let tool, let input): call(tool, input)
        case .callOn(let tool, let role, let name, let input):
            guard let control = SnapshotText.newest(in: request.messages)?.control(role: role, name: name) else {
                let problem = "The script's \(role) \"\(name)\" is not in the newest snapshot."
                self.missed.withLock { $0.append(problem) }
                return stream.finish(throwing: ModelError(.badAnswer, problem))
            }
            guard case .object(var members) = input else { return call(tool, input) }
            members["ref"] = .string(control.ref)
            call(tool, .object(members))
        case .decide(let body): self.play(body(request), request, stream)
        case .events(let events): play(events)
        case .fail(let error): stream.finish(throwing: error)
        case .hang: break
        }
    }
}
