/// A text reduced to normalized letters and digits, without the separators that pages insert into numbers. Comparing
/// spellings finds a secret no matter how it is written.
package struct Spelling {
    /// The normalized letters and digits of the text.
    private(set) var letters: [UInt32] = []
    /// The range of the text that each element of ``letters`` came from.
    private var places: [Range<String.Index>] = []

    /// Creates the spelling of a text.
    /// - Parameter isEncoded: Whether the text is percent-encoded, so that `%2D` is a dash.
    init(_ text: String, isEncoded: Bool = false) {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            var end = scalars.index(after: index)
            var scalar = scalars[index]
            if isEncoded, scalar == "%", let last = scalars.index(end, offsetBy: 2, limitedBy: scalars.endIndex),
                scalars[end] != "+", let byte = UInt8(String(scalars[end..<last]), radix: 16), byte < 0x80
            {
                scalar = Unicode.Scalar(byte)
                end = last
            }
            if let letter = Self.plain(scalar) {
                self.letters.append(letter)
                self.places.append(index..<end)
            }
            index = end
        }
    }

    /// Returns the normalized letters and digits of a text.
    /// - Parameter isEncoded: Whether the text is percent-encoded, so that `%2D` is a dash.
    package static func letters(of text: String, isEncoded: Bool = false) -> String {
        var letters = String.UnicodeScalarView()
        letters.append(contentsOf: Spelling(text, isEncoded: isEncoded).letters.compactMap(Unicode.Scalar.init))
        return String(letters)
    }

    /// Returns the ranges of the text whose letters and digits are exactly `wanted`.
    func ranges(of wanted: [UInt32]) -> [Range<String.Index>] {
        guard let first = wanted.first, self.letters.count >= wanted.count else { return [] }
        var found: [Range<String.Index>] = []
        var index = 0
        while index <= self.letters.count - wanted.count {
            if self.letters[index] == first, self.letters[index..<index + wanted.count].elementsEqual(wanted) {
                found.append(self.places[index].lowerBound..<self.places[index + wanted.count - 1].upperBound)
                index += wanted.count
            } else {
                index += 1
            }
        }
        return found
    }

    /// Normalizes a letter or digit; `nil` for separators such as white space, dashes, dots, brackets and invisible
    /// characters.
    private static func plain(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar.value {
        case 0x30...0x39, 0x61...0x7A: return scalar.value
        case 0x41...0x5A: return scalar.value + 0x20
        default: break
        }
        let properties = scalar.properties
        // Digits in any script, including superscript and circled digits. Full-width letters follow.
        if properties.numericType != nil, let value = properties.numericValue, value >= 0, value < 10,
            value.rounded() == value
        {
            return 0x30 + UInt32(value)
        }
        if (0xFF21...0xFF5A).contains(scalar.value) {
            return Unicode.Scalar(scalar.value - 0xFEE0).flatMap(self.plain)
        }
        guard properties.isAlphabetic else { return nil }
        return properties.lowercaseMapping.unicodeScalars.first?.value
    }
}
