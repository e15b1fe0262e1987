import AgentEvents
import RuntimeProtocol

extension ResultLink {
    private static let paymentWords: Set = [
        "pay", "payment", "payments", "bayar", "bayaran", "pembayaran", "checkout", "fpx",
    ]

    /// Words of pages about payments on which nothing is paid.
    private static let otherWords: Set = [
        "receipt", "receipts", "history", "policy", "policies", "terms", "how", "guide", "help", "faq", "about",
        "status",
        "resit", "sejarah", "dasar", "terma", "cara", "panduan", "bantuan",
    ]
    /// More links than this hide the answer that they belong to.
    private static let most = 4

    /// Returns the first addresses in a text, without duplicates and in order. Markdown links include their titles.
    static func all(in text: String) -> [ResultLink] {
        var links: [ResultLink] = []
        // An address in code is meant to be typed, not opened.
        let text = self.withoutCode(text)
        var rest = text[...]
        while links.count < self.most, let start = rest.firstRange(of: "http")?.lowerBound {
            let before = rest[..<start]
            let address = rest[start...].prefix { !$0.isWhitespace && !"<>\"'`|".contains($0) }
            rest = rest[start...].dropFirst(max(address.count, 4))
            let url = self.trimmed(address)
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.count > 10,
                !links.contains(where: { $0.url == url })
            else { continue }
            let title = before.hasSuffix("](") ? before.dropLast(2).split(separator: "[").last.map(String.init) : nil
            // Only the path and the title count. Site names such as paypal and sentences about past payments would
            // mislead.
            let path = url.split(separator: "/").dropFirst(2).joined(separator: "/")
            let words = "\(path) \(title ?? "")".lowercased().split { !$0.isLetter }.map(String.init)
            let isPayment =
                words.contains(where: self.paymentWords.contains)
                && !words.contains(where: self.otherWords.contains)
            if let title, links.contains(where: { $0.title == title }) { continue }
            links.append(ResultLink(url: url, title: title, kind: isPayment ? .payment : .page))
        }
        return links
    }

    /// Returns a text without Markdown code blocks and code spans.
    private static func withoutCode(_ text: String) -> String {
        var isFenced = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let start = line.drop { $0 == " " }
            if start.hasPrefix("```") || start.hasPrefix("~~~") {
                isFenced.toggle()
                return ""
            }
            return isFenced ? "" : self.withoutCodeSpans(line)
        }.joined(separator: "\n")
    }

    /// A code span ends with as many backticks as it starts with. Without that end, it is not a code span.
    private static func withoutCodeSpans(_ line: Substring) -> String {
        var text = ""
        var rest = line
        while let start = rest.firstIndex(of: "`") {
            let mark = rest[start...].prefix { $0 == "`" }
            text += rest[..<start]
            rest = rest[mark.endIndex...]
            var end: Range<Substring.Index>?
            var search = rest
            while end == nil, let next = search.firstIndex(of: "`") {
                let run = search[next...].prefix { $0 == "`" }
                if run.count == mark.count { end = next..<run.endIndex }
                search = search[run.endIndex...]
            }
            if let end {
                text += " "
                rest = rest[end.upperBound...]
            }
        }
        return text + rest
    }

    /// Returns an address without the punctuation of the sentence around it.
    private static func trimmed(_ address: Substring) -> String {
        var address = address
        while let last = address.last {
            let isUnopened = last == ")" && !address.contains("(") || last == "]" && !address.contains("[")
            guard isUnopened || ".,;:!?*_".contains(last) else { break }
            address = address.dropLast()
        }
        // In Markdown, the parenthesis ends the address even if the sentence continues right after it.
        if let end = address.firstIndex(of: ")"), !address[..<end].contains("(") { address = address[..<end] }
        return String(address)
    }
}
