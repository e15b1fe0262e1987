/// A file name for any identifier: what is no plain character is written as its code.
package enum PlainName {
    package static func of(_ identifier: String) -> String {
        let name = identifier.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
            // Two digits each, so that no two identifiers have one name.
            return isPlain ? String(character) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }
        return name.isEmpty ? "%" : name.joined()
    }
}
