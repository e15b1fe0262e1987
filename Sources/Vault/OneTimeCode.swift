import AgentEvents
import Crypto
package import FoundationEssentials
import TextCoding

/// Makes the codes of an authenticator app.
///
/// See https://www.rfc-editor.org/rfc/rfc6238 and https://www.rfc-editor.org/rfc/rfc4226#section-5.3. The address form is
/// described at https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
package struct OneTimeCode: Sendable, Hashable {
    private enum Algorithm: String { case sha1, sha256, sha512 }

    private var key: Data
    private var algorithm = Algorithm.sha1
    private var digits = 6
    /// How long a code is valid, in seconds.
    private var period = 30

    /// - Parameter text: An `otpauth:` address, or a key in Base32.
    /// - Throws: ``VaultError`` with code `invalid`. The error doesn't contain the key.
    package init(_ text: String) throws {
        guard text.lowercased().hasPrefix("otpauth:") else {
            self.key = try Self.key(text)
            return
        }
        guard text.lowercased().hasPrefix("otpauth://totp/"), let mark = text.firstIndex(of: "?") else {
            throw Self.invalid("Only otpauth://totp/ addresses are supported, with the time as their counter.")
        }
        var parameters: [String: String] = [:]
        for pair in text[text.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            parameters[parts[0].lowercased()] = PercentCoding.decodeStrictly(parts[1])
        }
        self.key = try Self.key(parameters["secret"] ?? "")
        if let name = parameters["algorithm"] {
            guard let algorithm = Algorithm(rawValue: name.lowercased()) else {
                throw Self.invalid("The algorithm '\(name.prefix(20))' is none of SHA1, SHA256, and SHA512.")
            }
            self.algorithm = algorithm
        }
        if let text = parameters["digits"] {
            guard let digits = Int(text), (6...8).contains(digits) else {
                throw Self.invalid("A code has 6 to 8 digits, not '\(text.prefix(20))'.")
            }
            self.digits = digits
        }
        if let text = parameters["period"] {
            guard let period = Int(text), (10...300).contains(period) else {
                throw Self.invalid("A code is valid for 10 to 300 seconds, not '\(text.prefix(20))'.")
            }
            self.period = period
        }
    }

    /// Returns the number of a moment's window, and the rest of the window in seconds.
    func window(at date: Date) -> (number: Int, rest: Int) {
        let seconds = Int(date.timeIntervalSince1970)
        return (seconds / self.period, self.period - seconds % self.period)
    }

    /// Returns how long it takes until a window begins; 0 if it has.
    func seconds(until window: Int, from date: Date) -> Int {
        max(window * self.period - Int(date.timeIntervalSince1970), 0)
    }

    /// Returns whether a code is that of a moment's window, or of the window before.
    package func isValid(_ code: String, at date: Date) -> Bool {
        let window = self.window(at: date).number
        return [window, window - 1].contains { self.code(of: $0) == code }
    }

    func code(of window: Int) -> String {
        let counter = withUnsafeBytes(of: UInt64(window).bigEndian) { Data($0) }
        let key = SymmetricKey(data: self.key)
        let hash =
            switch self.algorithm {
            case .sha1: Data(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: key))
            case .sha256: Data(HMAC<SHA256>.authenticationCode(for: counter, using: key))
            case .sha512: Data(HMAC<SHA512>.authenticationCode(for: counter, using: key))
            }
        let offset = Int(hash[hash.count - 1] & 0xf)
        let number = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let text = String(Int(number) % (0..<self.digits).reduce(1) { power, _ in power * 10 })
        return String(repeating: "0", count: self.digits - text.count) + text
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    /// Shorter keys can be guessed: RFC 4226 requires 128 bits, and many sites use 80.
    private static let shortestKey = 10

    /// Decodes Base32, which sites show in groups and without padding.
    private static func key(_ text: String) throws -> Data {
        let letters = text.uppercased().filter { !$0.isWhitespace && $0 != "-" && $0 != "=" }
        var key = Data()
        var bits = 0
        var count = 0
        for letter in letters {
            guard let value = self.alphabet.firstIndex(of: letter) else {
                throw self.invalid("The key has '\(letter)', which is not in Base32: A to Z, and 2 to 7.")
            }
            bits = (bits << 5 | value) & 0xfff
            count += 5
            if count >= 8 {
                count -= 8
                key.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        guard key.count >= self.shortestKey else {
            throw self.invalid("The key is too short. Copy the whole key that the site shows beside its QR code.")
        }
        return key
    }

    private static func invalid(_ reason: String) -> VaultError { VaultError(.invalid, reason) }
}
