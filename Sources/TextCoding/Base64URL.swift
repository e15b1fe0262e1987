package import FoundationEssentials

/// Base64 for URLs and file names (RFC 4648, section 5), without padding.
package enum Base64URL {
    package static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Returns: The bytes; `nil` if the text isn't Base64.
    package static func decode(_ text: some StringProtocol) -> Data? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
