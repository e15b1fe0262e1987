import AgentEvents
import JWTKit
import NIOCore

/// The reason why a response contains no usable keys.
struct KeysFlaw: Error, Sendable, Hashable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension KeySet {
    /// Keys by ID, or the reason why a key can't be used.
    typealias Keys = [String: Result<any JWTAlgorithm, TokenError>]

    /// Parses a JSON Web Key Set (RFC 7517).
    static func read(_ body: ByteBuffer) async throws -> Keys {
        guard let keys = try? StrictJSON.object(Array(body.readableBytesView))["keys"]?.array else {
            throw KeysFlaw("the answer is not a JSON Web Key Set")
        }
        var read: Keys = [:]
        for key in keys {
            guard let id = key["kid"]?.string, !id.isEmpty else { continue }
            guard read[id] == nil else {
                read[id] = .failure(TokenError(.unfitKey, "The issuer has two keys with the token's key id."))
                continue
            }
            do throws(TokenError) {
                let algorithm = try await self.algorithm(key)
                read[id] = .success(algorithm)
            } catch {
                read[id] = .failure(error)
            }
        }
        guard !read.isEmpty else { throw KeysFlaw("the answer holds no key with an id") }
        return read
    }

    /// Returns the algorithm that verifies RS256 signatures with a key.
    ///
    /// Builds it from the key's modulus and exponent alone, because of two problems in jwt-kit 5.7.1: the first token,
    /// verified or not, chooses the algorithm of a key that doesn't specify one, and an unknown key ID falls back to
    /// the first key.
    private static func algorithm(_ key: JSONValue) async throws(TokenError) -> any JWTAlgorithm {
        guard key["kty"]?.string == "RSA", key["use"]?.string == "sig" else {
            throw TokenError(.unfitKey, "The token's key is not an RSA key for signatures.")
        }
        guard key["alg"] == nil || key["alg"]?.string == "RS256" else {
            throw TokenError(.unfitKey, "The token's key is for another algorithm.")
        }
        guard let modulus = key["n"]?.string, let exponent = key["e"]?.string else {
            throw TokenError(.unfitKey, "The token's key lacks its numbers.")
        }
        do {
            let key = try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
            return try await JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256).getKey()
        } catch {
            throw TokenError(.unfitKey, "The token's key has fewer than 2048 bits, or cannot be read.")
        }
    }
}
