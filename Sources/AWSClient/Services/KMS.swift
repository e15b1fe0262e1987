import AgentEvents
package import FoundationEssentials

/// Makes and opens data keys with AWS Key Management Service.
///
/// See https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html.
package struct KMS: Sendable {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Makes a data key of 256 bits.
    /// - Parameters:
    ///   - id: The id, ARN, or alias of the KMS key that encrypts it.
    ///   - context: What the data key is bound to. It is logged by AWS, so it's nothing secret.
    /// - Returns: The data key, and the data key encrypted.
    /// - Throws: ``AWSError``.
    package func newDataKey(of id: String, context: [String: String]) async throws -> (key: Data, encrypted: Data) {
        let answer = try await self.call(
            "GenerateDataKey", ["KeyId": .string(id), "KeySpec": "AES_256", "EncryptionContext": Self.json(context)])
        return (try Self.bytes("Plaintext", of: answer), try Self.bytes("CiphertextBlob", of: answer))
    }

    /// Opens an encrypted data key.
    /// - Parameter id: The id, ARN, or alias of the KMS key that it must have been encrypted with.
    /// - Throws: ``AWSError``; its type is `InvalidCiphertextException` if the key or the context is another one.
    package func open(_ encrypted: Data, with id: String, context: [String: String]) async throws -> Data {
        let answer = try await self.call(
            "Decrypt",
            [
                "KeyId": .string(id), "CiphertextBlob": .string(encrypted.base64EncodedString()),
                "EncryptionContext": Self.json(context),
            ])
        return try Self.bytes("Plaintext", of: answer)
    }

    /// Deletes an alias, and its key after the shortest time that AWS allows, which is seven days.
    /// - Returns: Whether there was such an alias.
    /// - Throws: ``AWSError``.
    package func remove(alias: String) async throws -> Bool {
        guard let key = try await self.key(of: alias) else { return false }
        do {
            _ = try await self.call("ScheduleKeyDeletion", ["KeyId": .string(key), "PendingWindowInDays": 7])
        } catch let error as AWSError where error.type == "KMSInvalidStateException" {
            // Scheduled before.
        }
        _ = try await self.client.execute(
            AWSRequest(target: "TrentService.DeleteAlias", of: .kms, version: "1.1", ["AliasName": .string(alias)]))
        return true
    }

    /// Returns the id of the key that an alias points to; `nil` if there is no such alias.
    private func key(of alias: String) async throws -> String? {
        var input: [String: JSONValue] = [:]
        while true {
            let page = try await self.call("ListAliases", .object(input))
            let found = (page["Aliases"]?.array ?? []).first { $0["AliasName"]?.string == alias }
            if let found { return found["TargetKeyId"]?.string }
            guard page["Truncated"] == true, let marker = page["NextMarker"] else { return nil }
            input["Marker"] = marker
        }
    }

    private func call(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        try await self.client.json(
            AWSRequest(target: "TrentService.\(operation)", of: .kms, version: "1.1", input))
    }

    private static func json(_ context: [String: String]) -> JSONValue { .object(context.mapValues { .string($0) }) }

    private static func bytes(_ name: String, of answer: JSONValue) throws -> Data {
        guard let bytes = answer[name]?.string.flatMap({ Data(base64Encoded: $0) }), !bytes.isEmpty else {
            throw AWSError(.badAnswer, "The answer of KMS has no \(name).")
        }
        return bytes
    }
}
