/// Detects amounts of money in text.
enum Money {
    private static let codes: Set = [
        "rm", "myr", "sgd", "usd", "eur", "gbp", "aud", "inr", "idr", "rp", "thb", "vnd", "jpy", "cny", "krw", "brl",
        "r",
        "try", "pln", "chf", "kr", "ringgit", "dollars", "euro", "euros", "円", "元", "원", "บาท", "đ", "руб",
    ]

    private enum Part { case number, currency, other }

    /// Returns whether a number stands next to a currency sign or code, such as `RM 70.00`, `70 €`, or `9000円`.
    static func isNamed(in text: String) -> Bool {
        var last = Part.other
        var word = ""
        func ends(_ part: Part) -> Bool {
            defer { last = part }
            return part == .number && last == .currency || part == .currency && last == .number
        }
        func wordEnds() -> Bool {
            defer { word = "" }
            return !word.isEmpty && ends(self.codes.contains(word.lowercased()) ? .currency : .other)
        }
        var isInNumber = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            let isDigit = properties.generalCategory == .decimalNumber
            if isInNumber, isDigit || scalar == "." || scalar == "," { continue }
            isInNumber = isDigit
            if properties.isAlphabetic || properties.generalCategory == .nonspacingMark {
                word.unicodeScalars.append(scalar)
                continue
            }
            if wordEnds() { return true }
            if isDigit {
                if ends(.number) { return true }
            } else if properties.generalCategory == .currencySymbol {
                if ends(.currency) { return true }
            } else if !properties.isWhitespace {
                last = .other
            }
        }
        return wordEnds()
    }
}
