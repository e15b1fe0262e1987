public import AgentLoop
import Synchronization

/// Asks other models while the first one is throttled or out of order.
///
/// A turn moves on to the next model only before any of its output has been shown. A model that has failed is left out
/// for a minute.
public final class FallbackModel: LanguageModel {
    private let models: [any LanguageModel]
    private let rest: Duration
    private let warn: @Sendable (String) -> Void
    /// When each model may be asked again, by its index.
    private let resting = Mutex<[Int: ContinuousClock.Instant]>([:])

    /// - Parameters:
    ///   - models: The models in order of preference, at least one.
    ///   - rest: How long a model that failed is left out.
    ///   - warn: Receives a message for the operator when a model is left out.
    public init(
        _ models: [any LanguageModel], rest: Duration = .seconds(60), warn: @escaping @Sendable (String) -> Void
    ) {
        precondition(!models.isEmpty, "A fallback needs a model.")
        self.models = models
        self.rest = rest
        self.warn = warn
    }

    /// The preferred model's name and provider.
    public var name: String { self.models[0].name }
    public var provider: String { self.models[0].provider }

    /// What all models can do: a picture or a long conversation must not fail when another model takes over.
    public func abilities() async -> ModelAbilities {
        var common = await self.models[0].abilities()
        for model in self.models.dropFirst() {
            let abilities = await model.abilities()
            common.seesImages = common.seesImages && abilities.seesImages
            common.contextTokens = [common.contextTokens, abilities.contextTokens].compactMap(\.self).min()
        }
        return common
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in
            let candidates = self.candidates
            for (position, index) in candidates.enumerated() {
                let model = self.models[index]
                let hasShown = Mutex(false)
                do {
                    for try await event in model.turn(request) {
                        hasShown.withLock { $0 = true }
                        yield(event)
                    }
                    return
                } catch let error as ModelError where error.isTransient && position < candidates.count - 1 {
                    guard !hasShown.withLock({ $0 }) else { throw error }
                    let pause = max(self.rest, .seconds(min(error.retryAfter ?? 0, 600)))
                    self.resting.withLock { $0[index] = .now + pause }
                    self.warn("\(model.name) is left out for \(pause): \(error)")
                }
            }
        }
    }

    /// The models to ask, by their index. If all are left out, all are asked.
    private var candidates: [Int] {
        let resting = self.resting.withLock { $0 }
        let ready = self.models.indices.filter { resting[$0].map { $0 <= .now } ?? true }
        return ready.isEmpty ? Array(self.models.indices) : ready
    }
}
