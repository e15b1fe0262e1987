import AgentLoop
import Synchronization

/// Wraps a model and counts its turns.
final class CountedModel: LanguageModel {
    private let model: any LanguageModel
    private let count = Mutex(0)

    init(_ model: any LanguageModel) { self.model = model }

    var name: String { self.model.name }
    var provider: String { self.model.provider }
    func abilities() async -> ModelAbilities { await self.model.abilities() }
    var turns: Int { self.count.withLock { $0 } }

    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.count.withLock { $0 += 1 }
        return self.model.turn(request)
    }
}
