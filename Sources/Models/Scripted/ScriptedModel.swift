public import AgentEvents
public import AgentLoop
import Synchronization

/// Plays turns that were written beforehand, so that agents can be tested without a model.
///
/// A turn names controls by role and label, as a person would; the reference is looked up in the newest snapshot
/// of the conversation.
public final class ScriptedModel: LanguageModel {
    /// One turn.
    public enum Turn: Sendable {
        /// Answers.
        case say(String)
        /// Calls a tool.
        case call(String, JSONValue = [:])
        /// Calls a tool on a control of the newest snapshot; `ref` is added to the arguments.
        case callOn(String, role: String, name: String, JSONValue = [:])
        /// Answers what the conversation decides.
        case decide(@Sendable (ModelRequest) -> Turn)
        /// Sends exactly these events, also ones that no provider should send.
        case events([ModelEvent])
        /// Fails.
        case fail(ModelError)
        /// Never answers.
        case hang
    }

    public let name = "scripted"
    public let provider = "ai4ai"
    private let turns: Mutex<[Turn]>
    private let received = Mutex<[ModelRequest]>([])

    /// Creates a model that plays these turns in order, and then says that the script is over.
    public init(_ turns: [Turn]) {
        self.turns = Mutex(turns)
    }

    /// What the model was asked, in order.
    public var requests: [ModelRequest] { self.received.withLock { $0 } }

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
            stream.yield(.toolCallStart(id: id, name: tool))
            stream.yield(.toolCallInput(id: id, delta: input.json))
            stream.yield(.stop(.toolUse))
            stream.finish()
        }
        switch turn {
        case .say(let text):
            stream.yield(.text(text))
            stream.yield(.stop(.endTurn))
            stream.finish()
        case .call(let tool, let input): call(tool, input)
        case .callOn(let tool, let role, let name, let input):
            guard let control = SnapshotText.newest(in: request.messages)?.control(role: role, name: name) else {
                return stream.finish(
                    throwing: ModelError(.badAnswer, "The script's \(role) \"\(name)\" is not in the newest snapshot."))
            }
            guard case .object(var members) = input else { return call(tool, input) }
            members["ref"] = .string(control.ref)
            call(tool, .object(members))
        case .decide(let body): self.play(body(request), request, stream)
        case .events(let events):
            for event in events { stream.yield(event) }
            stream.finish()
        case .fail(let error): stream.finish(throwing: error)
        case .hang: break
        }
    }
}
