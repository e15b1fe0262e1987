import TextCoding

extension String {
    /// Returns the text after the first matching prefix, ignoring case.
    package func after(_ beginnings: [String]) -> String? {
        let lower = self.lowercased()
        guard let beginning = beginnings.first(where: { lower.hasPrefix($0) }) else { return nil }
        let rest = String(self.dropFirst(beginning.count)).trimmed
        return rest.isEmpty ? nil : rest
    }

    /// Removes matching prefixes until none is left.
    package func strippingPrefix(_ beginnings: [String]) -> String {
        var text = self.trimmed
        while let rest = text.after(beginnings) { text = rest }
        return text
    }

    /// Removes the first matching suffix.
    package func droppingSuffix(_ endings: [String]) -> String {
        let lower = self.lowercased()
        guard let ending = endings.first(where: { lower.hasSuffix($0) }), ending.count < self.count else { return self }
        return String(self.dropLast(ending.count))
    }

    package func droppingTrailing(_ characters: String) -> String {
        var text = self[...]
        while let last = text.last, characters.contains(last) { text = text.dropLast() }
        return String(text)
    }

    /// The text without one pair of surrounding quotation marks.
    package var unquoted: String {
        let text = self.trimmed
        let pairs: [(Character, Character)] = [("\"", "\""), ("'", "'"), ("“", "”"), ("`", "`")]
        guard text.count >= 2, pairs.contains(where: { text.first == $0.0 && text.last == $0.1 }) else { return text }
        return String(text.dropFirst().dropLast())
    }

    package func split(atFirst separators: [String]) -> (String, String)? { self.split(separators, fromEnd: false) }

    package func split(atLast separators: [String]) -> (String, String)? { self.split(separators, fromEnd: true) }

    /// Splits at the first or last occurrence of a separator outside quotation marks.
    private func split(_ separators: [String], fromEnd: Bool) -> (String, String)? {
        let characters = Array(self)
        let lower = Array(self.lowercased())
        guard characters.count == lower.count else { return nil }
        var isQuoted = false
        var found: (start: Int, end: Int)?
        for index in characters.indices {
            if characters[index] == "\"" || characters[index] == "“" || characters[index] == "”" { isQuoted.toggle() }
            guard !isQuoted else { continue }
            for separator in separators where lower[index...].starts(with: separator) {
                if found == nil || fromEnd { found = (index, index + separator.count) }
            }
        }
        guard let found else { return nil }
        let parts = (String(characters[..<found.start]).trimmed, String(characters[found.end...]).trimmed)
        return parts.0.isEmpty || parts.1.isEmpty ? nil : parts
    }

    /// The words in lowercase, without punctuation.
    package var words: [String] {
        self.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
