package import AWSClient
import AgentEvents
package import AgentLoop
import FoundationEssentials
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import Synchronization

/// A model on Amazon Bedrock. Uses ConverseStream, or Converse if the model can't stream the request.
///
/// Connects when the first turn starts.
package final class BedrockModel: LanguageModel {
    package let name: String
    package let provider = "aws.bedrock"
    private let client: AWSClient
    private let id: BedrockModelID
    private let request: ConverseRequest
    /// Whether the model supports streaming; set to `false` after its first rejection.
    private let streams = Mutex(true)
    /// Whether the model rejects its own reasoning blocks if earlier messages have changed; set to `true` after its
    /// first rejection.
    private let checksThoughts = Mutex(false)

    package init(_ id: BedrockModelID, client: AWSClient, options: BedrockOptions = .init()) {
        self.name = id.description
        self.id = id
        self.client = client
        var options = options
        options.caching = options.caching ?? id.caching
        self.request = ConverseRequest(model: id.description, options: options)
    }

    package func abilities() async -> ModelAbilities {
        ModelAbilities(seesImages: self.id.seesImages, contextTokens: self.id.contextTokens)
    }

    package func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in
            do {
                try await self.answer(request, yield)
            } catch {
                throw self.modelError(error)
            }
        }
    }

    private func answer(_ request: ModelRequest, _ yield: (ModelEvent) -> Void) async throws {
        let checksThoughts = self.checksThoughts.withLock { $0 }
        do {
            try await self.answer(self.request.body(request, dropsStaleThoughts: checksThoughts), yield)
        } catch let error as AWSError
            where error.code == .validation && error.message.contains("prefix_mismatch_behavior") && !checksThoughts
        {
            // "The block is bound to a different conversation.": page snapshots and summarized messages have been
            // removed since.
            self.checksThoughts.withLock { $0 = true }
            try await self.answer(self.request.body(request, dropsStaleThoughts: true), yield)
        }
    }

    private func answer(_ body: JSONValue, _ yield: (ModelEvent) -> Void) async throws {
        guard self.streams.withLock({ $0 }) else { return try await self.converse(body, yield) }
        do {
            try await self.converseStream(body, yield)
        } catch let error as AWSError where error.code == .validation && error.message.contains("streaming") {
            // "The model doesn't support tool use in streaming mode."
            self.streams.withLock { $0 = false }
            try await self.converse(body, yield)
        }
    }

    private func converseStream(_ body: JSONValue, _ yield: (ModelEvent) -> Void) async throws {
        let response = try await self.client.execute(self.awsRequest("ConverseStream", "converse-stream", body))
        var reader = ConverseReader(model: self.name)
        for try await event in response.events {
            for event in try reader.receive(event.type, Data(buffer: event.payload)) { yield(event) }
        }
        yield(try reader.finish())
    }

    private func converse(_ body: JSONValue, _ yield: (ModelEvent) -> Void) async throws {
        let response = try await self.client.execute(self.awsRequest("Converse", "converse", body))
        var reader = ConverseReader(model: self.name)
        for event in try reader.read(Data(buffer: try await response.bytes())) { yield(event) }
    }

    private func awsRequest(_ operation: String, _ path: String, _ body: JSONValue) throws -> AWSRequest {
        var request = try AWSRequest(
            operation, of: .bedrockRuntime, .POST, "/model/{modelId}/\(path)", labels: ["modelId": self.name])
        request.region = self.id.region
        request.setJSON(body)
        request.timeout = .seconds(300)
        // The turn loop retries instead, because it knows which output has already been shown.
        request.maxAttempts = 1
        return request
    }

    // MARK: Failures

    private func modelError(_ error: any Error) -> any Error {
        switch error {
        case let error as AWSError:
            ModelError(Self.code(error), self.words(error), retryAfter: error.retryAfter)
        case let error as DecodingError:
            ModelError(.badAnswer, "The answer of \(self.name) cannot be read: \(error)")
        default: error
        }
    }

    private static func code(_ error: AWSError) -> ModelError.Code {
        switch error.code {
        case .throttled: .throttled
        case .unreachable, .timedOut: .unreachable
        case .serverFailure: .serverFailure
        case .badAnswer: .badAnswer
        case .validation where error.message.contains("too long"): .contextExceeded
        // The model itself failed, so a retry can succeed.
        case _ where error.type == "ModelErrorException": .serverFailure
        default: .refused
        }
    }

    private func words(_ error: AWSError) -> String {
        let advice: String? =
            switch error.code {
            case .accessDenied:
                "Grant the role bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on \(self.name), and "
                    + "request access to the model in the Bedrock console."
            case .notFound: "Check the model's id and that the region has it."
            case .validation where error.message.contains("on-demand"):
                "Use the id of an inference profile, such as one that begins with au. or apac."
            default: nil
            }
        return advice.map { "\(error) \($0)" } ?? "\(error)"
    }
}
