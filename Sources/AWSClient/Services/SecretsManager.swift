import AgentEvents

/// Reads secrets from AWS Secrets Manager.
package struct SecretsManager: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Returns the text of a secret, without surrounding white space.
    /// - Parameters:
    ///   - id: The secret's name or ARN. A secret in another region needs its ARN.
    ///   - key: The key of the value, if the secret is a JSON object.
    /// - Throws: ``AWSError``, which never quotes the secret.
    package func value(of id: String, key: String? = nil) async throws -> String {
        var request = AWSRequest(
            target: "secretsmanager.GetSecretValue", of: .secretsManager, version: "1.1", ["SecretId": .string(id)])
        if id.hasPrefix("arn:") { request.region = try ARN(id, service: "secretsmanager").region }
        guard let text = try await self.client.json(request)["SecretString"]?.string else {
            throw AWSError(.badAnswer, "The secret \(id.printable) holds no text.", remedy: "Store it as text.")
        }
        guard let key else { return Self.trimmed(text) }
        guard let value = (try? JSONValue(json: text))?[key]?.string else {
            throw AWSError(.badAnswer, "The secret \(id.printable) is no JSON object with the text '\(key.printable)'.")
        }
        return Self.trimmed(value)
    }

    /// Secrets stored from a file end with a line feed, which header fields don't allow.
    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
    }
}
