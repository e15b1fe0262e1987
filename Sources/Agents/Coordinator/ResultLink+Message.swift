import AgentEvents
import RuntimeProtocol

extension ResultLink {
    private static let paymentWords: Set = [
        "pay", "payment", "payments", "bayar", "bayaran", "pembayaran", "checkout", "fpx",
    ]

    /// The addresses in a text, each once, in order; those of Markdown links with their titles.
    static func all(in text: String) -> [ResultLink] {
        var links: [ResultLink] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "http")?.lowerBound {
            let before = rest[..<start]
            let address = rest[start...].prefix { !$0.isWhitespace && !"<>\"'`|".contains($0) }
            rest = rest[start...].dropFirst(max(address.count, 4))
            // What stands as code is to be typed, and not to be opened.
            if before.hasSuffix("`") { continue }
            let url = self.trimmed(address)
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.count > 10,
                !links.contains(where: { $0.url == url })
            else { continue }
            let title = before.hasSuffix("](") ? before.dropLast(2).split(separator: "[").last.map(String.init) : nil
            // By the words of its path and title: sites have names such as paypal, and a sentence speaks of what was paid.
            let path = url.split(separator: "/").dropFirst(2).joined(separator: "/")
            let words = "\(path) \(title ?? "")".lowercased().split { !$0.isLetter }.map(String.init)
            let isPayment = words.contains(where: self.paymentWords.contains)
            links.append(ResultLink(url: url, title: title, kind: isPayment ? .payment : .page))
        }
        return links
    }

    /// Without the punctuation of the sentence around it.
    private static func trimmed(_ address: Substring) -> String {
        var address = address
        while let last = address.last {
            let isUnopened = last == ")" && !address.contains("(") || last == "]" && !address.contains("[")
            guard isUnopened || ".,;:!?*_".contains(last) else { break }
            address = address.dropLast()
        }
        // In Markdown the bracket ends the address also where a sentence goes on behind it.
        if let end = address.firstIndex(of: ")"), !address[..<end].contains("(") { address = address[..<end] }
        return String(address)
    }
}
