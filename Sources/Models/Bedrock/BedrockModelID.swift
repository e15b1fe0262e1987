package import AWSClient

/// What names a model to Bedrock: a model id, an inference profile's id, or an ARN of either.
package struct BedrockModelID: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// The region that an ARN names; requests go there.
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

    /// Whether the model looks at pictures; not where that is not known, because other models refuse them.
    package var seesImages: Bool {
        let id = self.description
        if id.contains("anthropic.claude") { return !id.contains("claude-v2") && !id.contains("claude-instant") }
        if id.contains("amazon.nova") { return !id.contains("nova-micro") }
        return ["llama4", "llama3-2-11b", "llama3-2-90b", "pixtral"].contains { id.contains($0) }
    }

    /// Whether a model takes adaptive thinking and refuses a token budget for it: Claude 4.6 and later.
    package static func thinksAdaptively(_ id: String) -> Bool {
        guard let family = id.firstRange(of: "anthropic.claude-") else { return false }
        // As in claude-opus-4-6-v1 and claude-sonnet-5; a date behind the version is none of its numbers.
        let parts = id[family.upperBound...].split { "-:".contains($0) }.drop { Int($0) == nil }
        let numbers = parts.prefix { Int($0) != nil && $0.count < 3 }.compactMap { Int($0) }
        guard let major = numbers.first else { return false }
        return major > 4 || major == 4 && numbers.dropFirst().first ?? 0 >= 6
    }

    /// Where this model takes cache points. None where that is not known, because other models refuse them.
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

/// The places in which a model takes cache points.
package enum PromptCaching: Sendable, Hashable {
    case none
    /// System and messages, but not tools.
    case messages
    case everywhere
}
