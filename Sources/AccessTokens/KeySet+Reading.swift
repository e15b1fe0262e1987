import AgentEvents
import CryptoExtras
import NIOCore
import TextCoding

/// The reason why a response contains no usable keys.
struct KeysFlaw: Error, Sendable, Hashable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension KeySet {
    /// Keys by ID, or the reason why a key can't be used.
    typealias Keys = [String: Result<_RSA.Signing.PublicKey, TokenError>]

    /// Parses a JSON Web Key Set (RFC 7517).
    static func read(_ body: ByteBuffer) throws -> Keys {
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
                read[id] = .success(try self.publicKey(key))
            } catch {
                read[id] = .failure(error)
            }
        }
        guard !read.isEmpty else { throw KeysFlaw("the answer holds no key with an id") }
        return read
    }

    /// Reads a key for RS256 signatures (RFC 7518, section 6.3.1).
    private static func publicKey(_ key: JSONValue) throws(TokenError) -> _RSA.Signing.PublicKey {
        guard key["kty"]?.string == "RSA", key["use"]?.string == "sig" else {
            throw TokenError(.unfitKey, "The token's key is not an RSA key for signatures.")
        }
        guard key["alg"] == nil || key["alg"]?.string == "RS256" else {
            throw TokenError(.unfitKey, "The token's key is for another algorithm.")
        }
        guard let modulus = Self.bytes(key["n"]), let exponent = Self.bytes(key["e"]) else {
            throw TokenError(.unfitKey, "The token's key lacks its numbers.")
        }
        do {
            return try _RSA.Signing.PublicKey(n: modulus, e: exponent)
        } catch {
            throw TokenError(.unfitKey, "The token's key has fewer than 2048 bits, or cannot be read.")
        }
    }

    /// Decodes a number of a key. Some issuers pad it, against RFC 7518, section 2.
    private static func bytes(_ number: JSONValue?) -> [UInt8]? {
        number?.string.flatMap { [UInt8](base64URL: $0.utf8.prefix { $0 != UInt8(ascii: "=") }) }
    }
}
