/// Converts any identifier to a file name. Characters other than letters, digits, `-`, and `_` are percent-encoded.
package enum PlainName {
    package static func of(_ identifier: String) -> String {
        let name = identifier.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
            // Always use two digits, so that no two identifiers have the same name.
            return isPlain ? String(character) : "%" + byte.hexadecimal
        }
        return name.isEmpty ? "%" : name.joined()
    }
}
