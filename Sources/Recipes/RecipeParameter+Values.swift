import AgentEvents
package import RuntimeProtocol
import TextCoding

extension RecipeParameter {
    private static let longest = 500

    /// A value in its usual spelling.
    /// - Returns: `nil` if it doesn't fit.
    package func normalised(_ value: String) -> String? {
        let text = value.trimmed
        // Braces would be read as parameters, or as a number.
        guard !text.isEmpty, text.count <= Self.longest, !text.contains(where: { $0.isNewline || "{}".contains($0) })
        else { return nil }
        switch self.type {
        case .text, .file: return text
        case .plate:
            guard let found = text.wholeMatch(of: Self.plate) else { return nil }
            return Self.plate(found.output)
        case .digits:
            let digits = text.filter { !" -.".contains($0) }
            return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber } ? digits : nil
        case .money: return text.wholeMatch(of: Self.money) == nil ? nil : text
        case .date: return text.wholeMatch(of: Self.date) == nil ? nil : text
        case .email: return text.wholeMatch(of: Self.email) == nil ? nil : text
        case .phone: return text.wholeMatch(of: Self.phone) == nil ? nil : text
        case .choice:
            return self.options?.first { $0.lowercased() == text.lowercased() }
        }
    }

    /// What a value looks like.
    /// - Parameter name: What it's called. Much looks like a number plate, such as the code of a voucher.
    static func kind(of value: String, named name: String) -> Kind {
        let isPlate = ["plat", "registration", "pendaftaran", "vehicle", "kenderaan"].contains { name.contains($0) }
        // The most specific first.
        return (isPlate ? [.email, .plate, .date] : [.email, .date]).first {
            RecipeParameter(name: "value", type: $0).normalised(value) != nil
        } ?? .text
    }

    /// The values of this kind in a sentence, as they are written, with their places. A value that isn't clear is empty.
    func found(in sentence: String) -> [(value: String, range: Range<String.Index>)] {
        func matches(_ regex: Regex<Substring>) -> [(String, Range<String.Index>)] {
            sentence.matches(of: regex).map { (String($0.output), $0.range) }
        }
        switch self.type {
        case .plate:
            return sentence.matches(of: Self.plate).compactMap { match in
                guard !SentenceWords.areCommon(String(match.output.1)) else { return nil }
                // In "sab 2764 d", the letter may belong to the number, or be a word: who wrote it knows.
                if match.output.3 == nil, let letter = sentence[match.range.upperBound...].prefixMatch(of: Self.letter)
                {
                    return ("", match.range.lowerBound..<letter.range.upperBound)
                }
                return (Self.plate(match.output), match.range)
            }
        case .digits: return matches(/\b\d+(?:-\d+)*\b/)
        case .money: return matches(Self.money)
        case .date: return matches(Self.date)
        case .email: return matches(Self.email)
        case .phone: return matches(Self.phone)
        case .choice:
            let words = SentenceWords(sentence)
            return (self.options ?? []).flatMap { option in
                words.places(of: option).map { place in
                    let (first, last) = (words.words[place.lowerBound], words.words[place.upperBound - 1])
                    return (option, first.range.lowerBound..<last.range.upperBound)
                }
            }
        case .text, .file: return []
        }
    }

    // MARK: Patterns

    /// Up to four letters, up to four digits, and sometimes a letter, which is never I or O: `WXY 1234`, `wxy1234`, `W 1234 A`.
    private static var plate: Regex<(Substring, Substring, Substring, Substring?)> {
        /\b([A-Za-z]{1,4})[ \-]?(\d{1,4})( ?[A-HJ-NP-Z]|-[A-HJ-NP-Za-hj-np-z]|[a-hj-np-z])?\b/
    }

    private static var letter: Regex<Substring> { /\ [a-hj-np-z]\b/ }

    private static func plate(_ match: (Substring, Substring, Substring, Substring?)) -> String {
        let parts = [match.1, match.2, match.3 ?? ""].map { $0.drop { $0 == "-" }.trimmed }.filter { !$0.isEmpty }
        return parts.joined(separator: " ").uppercased()
    }

    private static var money: Regex<Substring> {
        /(?:[A-Z]{2,3}|[$€£¥])? ?\d{1,3}(?:[,. ]?\d{3})*(?:[.,]\d{2})?/
    }

    private static var date: Regex<Substring> {
        /\d{4}-\d{2}-\d{2}|\d{1,2}[.\/]\d{1,2}[.\/]\d{2,4}|\d{1,2}\.? [A-Za-z]{3,9} \d{4}/
    }

    private static var email: Regex<Substring> { /[^\s@,;<>"]+@[^\s@,;<>"]+\.[A-Za-z]{2,}/ }

    private static var phone: Regex<Substring> { /\+?\d[\d \-]{5,16}\d/ }
}

extension Recipe {
    /// The values of the parameters in their usual spelling.
    /// - Throws: ``RecipeError`` if one is missing, unknown, or doesn't fit.
    package func checked(_ values: [String: String]) throws -> [String: String] {
        let names = self.parameters.map(\.name)
        if let unknown = values.keys.sorted().first(where: { !names.contains($0) }) {
            throw RecipeError(
                .badValue,
                "'\(self.name)' has no parameter '\(unknown)'; it has: \(names.joined(separator: ", ")).")
        }
        var checked: [String: String] = [:]
        for parameter in self.parameters {
            guard let value = values[parameter.name], !value.isEmpty else {
                throw RecipeError(
                    .badValue, "'\(self.name)' needs \(parameter.name)=…; it has: \(names.joined(separator: ", ")).")
            }
            guard let plain = parameter.normalised(value) else {
                let options = parameter.options.map { ": one of \($0.joined(separator: ", "))" } ?? ""
                throw RecipeError(
                    .badValue, "\(parameter.name) is a \(parameter.type.rawValue)\(options); '\(value)' doesn't fit.")
            }
            checked[parameter.name] = plain
        }
        return checked
    }
}
