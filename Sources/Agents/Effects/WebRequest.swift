import BrowserAutomation
import FoundationEssentials

/// A page's request, taken apart.
struct WebRequest: Sendable, Hashable {
    let page: PageRequest
    /// Such as `https://example.com`.
    let origin: String
    let host: String
    let path: String
    let content: RequestFields

    init(_ request: PageRequest) {
        self.page = request
        let parts = URLComponents(string: request.url)
        self.host = parts?.host?.lowercased() ?? ""
        let port = parts?.port.map { ":\($0)" } ?? ""
        self.origin = "\(parts?.scheme ?? "")://\(self.host)\(port)"
        self.path = parts?.path ?? ""
        self.content = RequestFields(request, query: parts?.percentEncodedQuery)
    }

    /// The words of its path, in lower case.
    var pathWords: [String] { Self.words(self.path) }

    /// The method and where it goes.
    var place: String { "\(self.page.method) \(self.origin)\(self.path)" }

    /// The method, the place with what varies in it left out, the names of the fields and what they say but for numbers:
    /// requests of one habit have the same.
    var habit: String {
        let path = self.path.split(separator: "/").map { part in
            part.contains(where: \.isNumber) ? "#" : String(part)
        }
        let names = self.content.fields.map { field in
            let varies = field.value.contains(where: \.isNumber) && !field.name.lowercased().contains("hash")
            return "\(field.name)=\(varies ? "" : field.value)"
        }.sorted().joined(separator: "&")
        return "\(self.page.method) \(self.origin)/\(path.joined(separator: "/"))?\(names)"
    }

    /// `addToCart2` is `add`, `to`, `cart`.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in text {
            guard character.isLetter else {
                if !word.isEmpty { words.append(word.lowercased()) }
                word = ""
                continue
            }
            if character.isUppercase, let last = word.last, last.isLowercase {
                words.append(word.lowercased())
                word = ""
            }
            word.append(character)
        }
        return word.isEmpty ? words : words + [word.lowercased()]
    }

    /// An address without its fragment.
    static func document(of address: String) -> String { address.split(separator: "#").first.map(String.init) ?? "" }

    /// Whether two hosts belong to one site: the same name, or the same ending of it that somebody can register.
    static func isSameSite(_ one: String, _ other: String) -> Bool {
        one == other || !one.isEmpty && self.site(of: one) == self.site(of: other)
    }

    private static func site(of host: String) -> String {
        let labels = host.split(separator: ".")
        // Addresses in numbers are sites of their own.
        guard labels.count > 2, labels.last?.contains(where: \.isNumber) != true else { return host }
        // `co.uk`, `com.my`: no list of them all is at hand, and a longer name is only asked about once more.
        let isSecondLevel = labels[labels.count - 2].count <= 3 && (labels.last?.count ?? 0) == 2
        return labels.suffix(isSecondLevel ? 3 : 2).joined(separator: ".")
    }
}
