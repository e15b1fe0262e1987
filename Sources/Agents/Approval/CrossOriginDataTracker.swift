import BrowserAutomation
import FoundationEssentials
import Synchronization
import TextCoding

/// Tracks what each site has shown during a task, so that text from one site is not sent to another without approval.
/// It recognizes text in other spellings and text that is sent in pieces.
final class CrossOriginDataTracker: Sendable {
    /// Stands for the origin of text in files that the user attached.
    static let userFile = "your file"

    /// The most characters to keep for each site.
    private static let most = 300_000
    /// The shortest text to track. Shorter texts appear on any site by coincidence.
    static let shortest = 8
    /// The number of digits from which a piece of text counts as data rather than as words.
    private static let fewestDigits = 4

    private struct Shown {
        var text = ""
        /// The same text reduced to normalized letters and digits.
        var letters = ""
    }

    private struct State {
        var shown: [String: Shown] = [:]
        /// The last normalized letters and digits that were written to each site.
        var written: [String: String] = [:]
    }

    private let state = Mutex(State())

    func note(_ text: String, of origin: String) {
        let letters = Spelling.letters(of: text)
        let text = text.lowercased()
        self.state.withLock { state in
            let known = state.shown[origin] ?? Shown()
            state.shown[origin] = Shown(
                text: String((known.text + "\n" + text).suffix(Self.most)),
                letters: String((known.letters + " " + letters).suffix(Self.most)))
        }
    }

    /// Records text that is written to a site.
    /// - Returns: The numbers that it forms together with text that was written there before.
    func write(_ text: String, to origin: String) -> [String] {
        let letters = Spelling.letters(of: text)
        let before = self.state.withLock { state in
            let before = state.written[origin] ?? ""
            state.written[origin] = String((before + letters).suffix(2 * Self.shortest))
            return before
        }
        return (1..<Self.shortest).compactMap { count in
            let joined = before.suffix(Self.shortest - count) + letters.prefix(count)
            let isNumber = joined.count(where: \.isNumber) >= Self.fewestDigits
            return joined.count == Self.shortest && letters.count >= count && isNumber ? String(joined) : nil
        }
    }

    /// Returns another site that has shown this text; `nil` if there is none or this site has shown it too.
    func origin(of text: String, except here: String) -> String? {
        guard text.count >= Self.shortest, !Self.isWord(text) else { return nil }
        let plain = text.lowercased()
        let spellings = Self.spellings(of: text).filter { $0.utf8.count >= Self.shortest }
        return self.state.withLock { state in
            func isIn(_ site: String) -> Bool {
                guard let shown = state.shown[site] else { return false }
                return Self.holds(shown.text, plain) || spellings.contains { Self.holds(shown.letters, $0) }
            }
            return isIn(here) ? nil : state.shown.keys.sorted().first { $0 != here && isIn($0) }
        }
    }

    /// Returns whether any site has shown this text.
    func hasShown(_ text: String) -> Bool {
        let text = text.lowercased()
        return self.state.withLock { state in state.shown.values.contains { Self.holds($0.text, text) } }
    }

    /// Returns the normalized spellings of data, forward and reversed, including its percent-decoded and Base64-decoded
    /// forms. Plain words are left out, because without their spaces they would match anywhere.
    private static func spellings(of text: String) -> [String] {
        var letters: [String] = []
        if text.count(where: \.isNumber) >= self.fewestDigits || text.contains("@") {
            letters = [Spelling.letters(of: text), Spelling.letters(of: text, isEncoded: true)]
        }
        let code = text.filter { !$0.isWhitespace }.replacing("-", with: "+").replacing("_", with: "/")
        let filled = code + String(repeating: "=", count: (4 - code.utf8.count % 4) % 4)
        if code.utf8.count > self.shortest, let data = Data(base64Encoded: filled),
            let decoded = String(data: data, encoding: .utf8)
        {
            letters.append(Spelling.letters(of: decoded))
        }
        return letters + letters.map { String($0.reversed()) }
    }

    /// Returns whether a text contains another, byte by byte.
    static func holds(_ text: String?, _ part: String) -> Bool {
        guard var text, !part.isEmpty else { return false }
        var part = part
        return text.withUTF8 { text in
            part.withUTF8 { part in
                guard let first = part.first else { return false }
                var rest = text[...]
                while rest.count >= part.count, let start = rest.firstIndex(of: first) {
                    rest = rest[start...]
                    if rest.starts(with: part) { return true }
                    rest = rest.dropFirst()
                }
                return false
            }
        }
    }

    /// Returns a text and the pieces of it that look like data, such as account numbers and email addresses.
    static func pieces(ofText text: String) -> [String] {
        // Without what stands around them: otherwise a number at the end of a sentence is asked about twice.
        func trimmed(_ piece: Substring) -> String {
            String(piece.trimming { !$0.isLetter && !$0.isNumber })
        }
        let words = text.split(whereSeparator: \.isWhitespace).map(trimmed)
        // A number may be written in groups of digits.
        let numbers = text.split { !$0.isNumber && !" -./".contains($0) }.map(trimmed)
        let data = (words + numbers).filter { self.isData($0) && $0.count >= self.shortest }
        return [text] + Set(data).subtracting([text]).sorted()
    }

    /// Returns whether a text is a single word that may appear anywhere, such as the name of a town.
    private static func isWord(_ text: String) -> Bool {
        text.count < 20 && text.allSatisfy { $0.isLetter && $0.isASCII }
    }

    private static func isData(_ text: String) -> Bool { text.contains { $0.isNumber || $0 == "@" } }

    /// Returns the pieces that do not appear by coincidence: long numbers and email addresses.
    static func telling(_ pieces: [String]) -> [String] {
        pieces.filter { $0.count(where: \.isNumber) >= self.shortest || $0.contains("@") && !$0.contains(" ") }
    }

    /// Returns the pieces of an address that may carry what a site has shown; none if a site has shown the whole
    /// address.
    func pieces(of address: String) -> [String] {
        guard !self.hasShown(address) else { return [] }
        // The browser never opens other schemes.
        guard let parts = URLComponents(string: address), ["http", "https"].contains(parts.scheme?.lowercased()) else {
            return []
        }
        let queried = (parts.queryItems ?? []).flatMap { [$0.name, $0.value?.replacing("+", with: " ") ?? ""] }
        // Other sites may mention a host's name, so only a label with digits counts: it may carry a number.
        let labels = (parts.host ?? "").split(separator: ".").filter { $0.count(where: \.isNumber) >= 4 }.map(
            String.init)
        return parts.path.split(separator: "/").map(String.init) + queried + labels + [parts.fragment ?? ""]
    }
}
