import FoundationEssentials
import Synchronization

/// What each site has shown during a task, so that what one of them says does not find its way into another unasked.
final class SeenTexts: Sendable {
    /// What is kept of each site, in characters.
    private static let most = 300_000
    /// Shorter texts are on any site by chance.
    static let shortest = 8

    private let texts = Mutex<[String: String]>([:])

    func note(_ text: String, of origin: String) {
        self.texts.withLock { texts in
            let known = texts[origin] ?? ""
            texts[origin] = String((known + "\n" + text.lowercased()).suffix(Self.most))
        }
    }

    /// Another site that has shown this text, where this one has not.
    func origin(of text: String, except here: String) -> String? {
        let text = text.lowercased()
        guard text.count >= Self.shortest else { return nil }
        return self.texts.withLock { texts in
            if texts[here]?.contains(text) ?? false { return nil }
            return texts.keys.sorted().first { $0 != here && texts[$0]?.contains(text) ?? false }
        }
    }

    /// A text, and the pieces of it that look like data: numbers of accounts, addresses of mail.
    static func pieces(ofText text: String) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace).map { word in
            String(
                word.drop { !$0.isLetter && !$0.isNumber }.reversed().drop { !$0.isLetter && !$0.isNumber }.reversed())
        }
        let data = words.filter { $0.count >= Self.shortest && $0.contains { $0.isNumber || $0 == "@" } }
        return [text] + data.filter { $0 != text }
    }

    /// The pieces of an address that may carry what a site has shown; none where a site has shown the whole address.
    func pieces(of address: String) -> [String] {
        let whole = address.lowercased()
        guard self.texts.withLock({ texts in !texts.values.contains { $0.contains(whole) } }) else { return [] }
        // Other schemes are never opened.
        guard let parts = URLComponents(string: address), ["http", "https"].contains(parts.scheme?.lowercased()) else {
            return []
        }
        let queried = (parts.queryItems ?? []).flatMap { [$0.name, $0.value?.replacing("+", with: " ") ?? ""] }
        // A host's own name is said on other sites too; one with a number in it may carry that.
        let labels = (parts.host ?? "").split(separator: ".").filter { $0.count(where: \.isNumber) >= 4 }.map(
            String.init)
        let pieces = parts.path.split(separator: "/").map(String.init) + queried + labels + [parts.fragment ?? ""]
        return pieces.filter { $0.count >= Self.shortest }
    }
}
