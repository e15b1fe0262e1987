package import AWSClient
import TextCoding

/// The identifier of a Bedrock model: a model ID, an inference profile ID, or an ARN of either.
package struct BedrockModelID: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// The region of an ARN, to which requests are sent.
    package let region: Region?

    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(_ text: String) throws {
        self.description = text
        if text.hasPrefix("arn:") {
            self.region = try ARN(text, service: "bedrock").region
            return
        }
        self.region = nil
        let isPlain = text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: ".:-") }
        guard isPlain, (1...256).contains(text.utf8.count), text.first?.isLetter == true else {
            throw AWSError(
                .invalidInput, "'\(text.printable)' is no model of Bedrock.",
                remedy: "Expected is an id such as au.anthropic.claude-sonnet-4-5-20250929-v1:0, or an ARN.")
        }
    }

    /// Whether the model accepts images. `false` for unknown models, because models without image support reject them.
    package var seesImages: Bool {
        let id = self.description
        if id.contains("anthropic.claude") { return !id.contains("claude-v2") && !id.contains("claude-instant") }
        if id.contains("amazon.nova") { return !id.contains("nova-micro") }
        return ["llama4", "llama3-2-11b", "llama3-2-90b", "pixtral"].contains { id.contains($0) }
    }

    /// The size of the context window, in tokens; `nil` if unknown. Only windows that are smaller than what a run keeps
    /// anyway matter.
    ///
    /// Source: Amazon Bedrock user guide, "Supported foundation models".
    package var contextTokens: Int? {
        let id = self.description
        return ["nova-micro", "llama3-1", "llama3-2", "llama3-3", "mistral-large", "pixtral"].contains {
            id.contains($0)
        } ? 128_000 : nil
    }

    /// Whether a model uses adaptive thinking and rejects a token budget: Claude 4.6 and later.
    package static func thinksAdaptively(_ id: String) -> Bool {
        guard let family = id.firstRange(of: "claude-") else { return false }
        // As in claude-opus-4-6-v1 and claude-sonnet-5. A date after the version isn't part of the version number.
        let parts = id[family.upperBound...].split { "-:".contains($0) }.drop { Int($0) == nil }
        let numbers = parts.prefix { Int($0) != nil && $0.count < 3 }.compactMap { Int($0) }
        guard let major = numbers.first else { return false }
        return major > 4 || major == 4 && numbers.dropFirst().first ?? 0 >= 6
    }

    /// The cache point locations that the model supports. None for unknown models, because models without support
    /// reject cache points.
    ///
    /// Source: Amazon Bedrock user guide, "Prompt caching".
    package var caching: PromptCaching {
        let id = self.description
        let isOldClaude = ["claude-3-haiku", "claude-3-sonnet", "claude-3-opus", "claude-v2", "claude-instant"].contains
        {
            id.contains($0)
        }
        if id.contains("anthropic.claude") { return isOldClaude ? .none : .everywhere }
        return id.contains("amazon.nova") ? .messages : .none
    }
}

/// The parts of a request in which a model supports cache points.
package enum PromptCaching: Sendable, Hashable {
    case none
    /// The system prompt and messages, but not the tools.
    case messages
    case everywhere
}
