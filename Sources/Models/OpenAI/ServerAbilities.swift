import AgentEvents
import AgentLoop

/// What servers with the chat completions API say about their models. The API itself says nothing, so that each server
/// has its own way.
enum ServerAbilities {
    private struct Source: Sendable {
        /// The path, after the root of the API without its version.
        var path: String
        /// Reads the answer about a model; `nil` if the answer says nothing about it.
        var read: @Sendable (JSONValue, _ model: String) -> ModelAbilities?
    }

    private static let sources = [
        // llama.cpp
        Source(path: "/props") { answer, _ in
            guard let settings = answer["default_generation_settings"] else { return nil }
            return ModelAbilities(
                seesImages: answer["modalities"]?["vision"] == true, contextTokens: settings["n_ctx"]?.integer)
        },
        // LM Studio
        Source(path: "/api/v0/models") { answer, name in
            guard let model = Self.entry(named: name, in: answer), let type = model["type"]?.string else { return nil }
            return ModelAbilities(
                seesImages: type == "vlm",
                contextTokens: model["loaded_context_length"]?.integer ?? model["max_context_length"]?.integer)
        },
        // vLLM (`max_model_len`) and OpenRouter (`context_length`, `architecture`)
        Source(path: "/v1/models") { answer, name in
            guard let model = Self.entry(named: name, in: answer) else { return nil }
            let context = model["max_model_len"]?.integer ?? model["context_length"]?.integer
            let inputs = model["architecture"]?["input_modalities"]?.array
            guard context != nil || inputs != nil else { return nil }
            return ModelAbilities(
                seesImages: inputs?.contains("image") ?? Self.seesImages(name), contextTokens: context)
        },
    ]

    /// Asks a server about a model.
    /// - Returns: `nil` if the server cannot be reached.
    static func ask(_ server: ModelServer, about model: String) async -> ModelAbilities? {
        if server.root.contains("api.openai.com") { return ModelAbilities(seesImages: self.seesImages(model)) }
        let base = server.root.hasSuffix("/v1") ? String(server.root.dropLast(3)) : server.root
        return await withTaskGroup(of: (Int, ModelAbilities?, isThere: Bool).self) { group in
            for (index, source) in self.sources.enumerated() {
                group.addTask {
                    do {
                        let answer = try await server.ask(base + source.path)
                        return (index, source.read(answer, model), true)
                    } catch {
                        return (index, nil, (error as? ModelError)?.code != .unreachable)
                    }
                }
            }
            var found: [(Int, ModelAbilities?, isThere: Bool)] = []
            for await each in group { found.append(each) }
            guard found.contains(where: \.isThere) else { return nil }
            return found.sorted { $0.0 < $1.0 }.lazy.compactMap(\.1).first
                ?? ModelAbilities(seesImages: self.seesImages(model))
        }
    }

    private static func entry(named name: String, in answer: JSONValue) -> JSONValue? {
        answer["data"]?.array?.first { $0["id"]?.string == name }
    }

    /// The steps of a model's coordinates, by its name: Gemini and Qwen3-VL divide each edge into a thousand.
    static func coordinateGrid(of model: String) -> Int? {
        let name = model.lowercased()
        return name.contains("gemini") || name.contains("qwen3-vl") || name.contains("qwen3vl") ? 1000 : nil
    }

    /// Whether a model is known to accept images, by its name. One that rejects an image is not sent another.
    static func seesImages(_ model: String) -> Bool {
        let name = model.lowercased()
        return [
            "gpt-4o", "gpt-4.1", "gpt-5", "o1", "o3", "o4", "chatgpt-4o", "claude", "gemini", "-vl", "vl-", "llava",
            "pixtral", "vision", "llama-4", "gemma-3-4b", "gemma-3-12b", "gemma-3-27b",
        ].contains { sign in
            sign.hasPrefix("o") ? name.hasPrefix(sign) || name.contains("/\(sign)") : name.contains(sign)
        }
    }
}
