import AgentEvents

/// Reads secrets.
package struct SecretsManager: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// The text of a secret.
    /// - Parameters:
    ///   - id: A name or an ARN; of another region only by its ARN.
    ///   - key: A member of the secret, where it is a JSON object.
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

    /// Secrets that were stored from a file end with a line feed, which no header field takes.
    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
    }
}
