package import AWSClient
import AgentEvents
import AgentLoop
import NIOHTTP1

/// Finds the models that a provider offers.
public enum ModelCatalog {
    /// The models that an Ollama server has downloaded, newest first.
    /// - Throws: ``ModelError``.
    public static func ollama(at address: String) async throws -> [ListedModel] {
        let server = ModelServer(address)
        let names = try await server.ask("/api/tags")["models"]?.array?.compactMap { $0["name"]?.string } ?? []
        return await withTaskGroup(of: (Int, ListedModel).self) { group in
            for (index, name) in names.enumerated() {
                group.addTask {
                    let told = try? await OllamaAbilities(server.ask("/api/show", ["model": .string(name)]))
                    var remarks: [String] = []
                    if told?.has("vision") == true { remarks.append("images") }
                    if let tokens = told?.contextTokens { remarks.append("\(tokens) tokens of context") }
                    return (
                        index,
                        ListedModel(setting: "ollama/\(name)", remarks: remarks, callsTools: told?.has("tools"))
                    )
                }
            }
            var listed: [(Int, ListedModel)] = []
            for await each in group { listed.append(each) }
            return listed.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The models of Anthropic's API.
    /// - Throws: ``ModelError``.
    public static func anthropic(
        baseURL: String, apiKey: @escaping @Sendable () async throws -> String
    ) async throws -> [ListedModel] {
        let server = ModelServer.anthropic(baseURL, apiKey: apiKey)
        return try await server.ask("/v1/models?limit=1000")["data"]?.array?.compactMap { model in
            model["id"]?.string.map {
                ListedModel(setting: "anthropic/\($0)", remarks: ["images"], callsTools: true)
            }
        } ?? []
    }

    /// The models of a server with OpenAI's API.
    /// - Parameter prefix: What the setting has before a model's name, such as `openai/`.
    /// - Throws: ``ModelError``.
    public static func openAI(
        baseURL: String, apiKey: (@Sendable () async throws -> String)?, prefix: String
    ) async throws -> [ListedModel] {
        let server = ModelServer.openAI(baseURL, apiKey: apiKey)
        return try await server.ask("/models")["data"]?.array?.compactMap { model in
            guard let name = model["id"]?.string, !self.isOther(name) else { return nil }
            var remarks = ServerAbilities.seesImages(name) ? ["images"] : []
            let context = model["max_model_len"]?.integer ?? model["context_length"]?.integer
            if let context { remarks.append("\(context) tokens of context") }
            return ListedModel(setting: "\(prefix)\(name)", remarks: remarks)
        } ?? []
    }

    /// Whether a name is that of a model that isn't for conversations.
    private static func isOther(_ name: String) -> Bool {
        [
            "embedding", "whisper", "tts", "dall-e", "moderation", "image", "audio", "realtime", "transcribe",
            "davinci",
            "babbage", "sora",
        ].contains { name.contains($0) }
    }

    /// The models of Amazon Bedrock that take text and can be invoked with the credentials that are there: inference
    /// profiles first, because newer models have nothing else.
    /// - Throws: `AWSError`.
    package static func bedrock(_ client: AWSClient) async throws -> [ListedModel] {
        var profiles = try AWSRequest("ListInferenceProfiles", of: .bedrock, .GET, "/inference-profiles")
        profiles.addQuery("maxResults", "1000")
        var models = try AWSRequest("ListFoundationModels", of: .bedrock, .GET, "/foundation-models")
        models.addQuery("byOutputModality", "TEXT")
        let known = try await client.json(models)["modelSummaries"]?.array ?? []
        let inputs = Dictionary(
            known.compactMap { model in model["modelId"]?.string.map { ($0, model) } }, uniquingKeysWith: { $1 })
        let offered = try await client.json(profiles)["inferenceProfileSummaries"]?.array ?? []
        let fromProfiles = offered.compactMap { profile -> ListedModel? in
            guard let id = profile["inferenceProfileId"]?.string, profile["status"]?.string ?? "ACTIVE" == "ACTIVE"
            else {
                return nil
            }
            // A profile's ID is its model's with a region group in front.
            let base = id.split(separator: ".", maxSplits: 1).last.map(String.init) ?? id
            guard let model = inputs[base] else { return nil }
            return self.bedrock(id, model)
        }
        let onDemand = known.compactMap { model -> ListedModel? in
            guard let id = model["modelId"]?.string,
                model["inferenceTypesSupported"]?.array?.contains("ON_DEMAND") == true
            else { return nil }
            return self.bedrock(id, model)
        }
        return fromProfiles + onDemand
    }

    private static func bedrock(_ id: String, _ model: JSONValue) -> ListedModel? {
        guard model["inputModalities"]?.array?.contains("TEXT") ?? true,
            model["modelLifecycle"]?["status"]?.string ?? "ACTIVE" == "ACTIVE",
            (try? BedrockModelID(id)) != nil
        else { return nil }
        let seesImages = model["inputModalities"]?.array?.contains("IMAGE") ?? false
        return ListedModel(
            setting: "bedrock/\(id)",
            remarks: [model["modelName"]?.string].compactMap(\.self) + (seesImages ? ["images"] : []))
    }
}
