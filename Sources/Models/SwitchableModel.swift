public import AgentLoop
import Synchronization

/// A model that can be replaced by another one while it is in use. A run that has begun ends with the model it began with.
public final class SwitchableModel: LanguageModel {
    private let state: Mutex<any LanguageModel>

    public init(_ model: any LanguageModel) { self.state = Mutex(model) }

    public var settled: any LanguageModel { self.state.withLock { $0 } }

    /// Lets another model answer from the next run on.
    public func replace(by model: any LanguageModel) { self.state.withLock { $0 = model } }

    public var name: String { self.settled.name }
    public var provider: String { self.settled.provider }

    public func abilities() async -> ModelAbilities { await self.settled.abilities() }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.settled.turn(request)
    }
}
