public import AgentLoop
import Synchronization

/// A model that can be replaced by another one while it is in use. A turn that has begun ends with the model it began with.
public final class SwitchableModel: LanguageModel {
    private let state: Mutex<any LanguageModel>

    public init(_ model: any LanguageModel) { self.state = Mutex(model) }

    /// The model that answers now.
    public var current: any LanguageModel { self.state.withLock { $0 } }

    /// Lets another model answer from the next turn on.
    public func replace(by model: any LanguageModel) { self.state.withLock { $0 = model } }

    public var name: String { self.current.name }
    public var provider: String { self.current.provider }

    public func abilities() async -> ModelAbilities { await self.current.abilities() }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.current.turn(request)
    }
}
