import AgentLoop
import Synchronization
import Testing

@testable import Models

@Suite("Fallback models")
struct FallbackModelTests {
    /// A model that plays one outcome, and counts how often it is asked.
    private final class PlayedModel: LanguageModel {
        let name: String
        let provider = "test"
        private let events: [ModelEvent]
        private let error: ModelError?
        private let able: ModelAbilities
        private let asked = Mutex(0)
        var turns: Int { self.asked.withLock { $0 } }

        init(_ name: String, _ events: [ModelEvent] = [], error: ModelError? = nil, _ able: ModelAbilities = .init()) {
            self.name = name
            self.events = events
            self.error = error
            self.able = able
        }

        func abilities() async -> ModelAbilities { self.able }

        func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            self.asked.withLock { $0 += 1 }
            return AsyncThrowingStream { stream in
                for event in self.events { stream.yield(event) }
                stream.finish(throwing: self.error)
            }
        }
    }

    private static let answer: [ModelEvent] = [.text("ok"), .stop(.endTurn)]

    private static func ask(_ models: [PlayedModel], rest: Duration = .seconds(3600)) async throws -> [ModelEvent] {
        let model = FallbackModel(models, rest: rest) { _ in }
        var events: [ModelEvent] = []
        for try await event in model.turn(.init(system: "", messages: [.user("hi")])) { events.append(event) }
        return events
    }

    @Test(
        "the next model answers if the first is throttled or out of order",
        arguments: [ModelError.Code.throttled, .unreachable, .serverFailure, .badAnswer])
    func next(code: ModelError.Code) async throws {
        let first = PlayedModel("a", error: ModelError(code, "no"))
        #expect(try await Self.ask([first, PlayedModel("b", Self.answer)]) == Self.answer)
    }

    @Test(
        "a refused request isn't repeated with another model", arguments: [ModelError.Code.refused, .contextExceeded])
    func refused(code: ModelError.Code) async {
        let second = PlayedModel("b", Self.answer)
        let error = await #expect(throws: ModelError.self) {
            try await Self.ask([PlayedModel("a", error: ModelError(code, "no")), second])
        }
        #expect(error?.code == code)
        #expect(second.turns == 0)
    }

    @Test("a model that breaks off after its first word isn't replaced, because its words are shown already")
    func halfway() async {
        let second = PlayedModel("b", Self.answer)
        await #expect(throws: ModelError.self) {
            try await Self.ask([PlayedModel("a", [.text("I")], error: ModelError(.badAnswer, "cut")), second])
        }
        #expect(second.turns == 0)
    }

    @Test("a model that failed is left out for a while, and asked if all have failed")
    func rests() async throws {
        let first = PlayedModel("a", error: ModelError(.throttled, "no"))
        let second = PlayedModel("b", Self.answer)
        let model = FallbackModel([first, second], rest: .seconds(3600)) { _ in }
        for _ in 1...3 { for try await _ in model.turn(.init(system: "", messages: [.user("hi")])) {} }
        #expect(first.turns == 1 && second.turns == 3)
    }

    @Test("it can what all of its models can")
    func abilities() async {
        let models = [
            PlayedModel("a", [], ModelAbilities(seesImages: true, contextTokens: 200_000)),
            PlayedModel("b", [], ModelAbilities(seesImages: false, contextTokens: 32_768)),
        ]
        #expect(
            await FallbackModel(models) { _ in }.abilities()
                == ModelAbilities(seesImages: false, contextTokens: 32_768))
    }
}
