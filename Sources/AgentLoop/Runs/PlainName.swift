/// A file name for any identifier: what is no plain character is written as its code.
package enum PlainName {
    package static func of(_ identifier: String) -> String {
        let name = identifier.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
            return isPlain ? String(character) : "%" + String(byte, radix: 16)
        }
        return name.isEmpty ? "%" : name.joined()
    }
}
