import AgentEvents
import BrowserAutomation
import FoundationEssentials

/// The content of a request as named values: from its address's query and from its body, in any supported format.
struct RequestFields: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// The fields of forms, JSON, and multipart bodies, in order. JSON members are named by their path, such as
    /// `card.number`.
    var fields: [Field] = []
    /// The names of uploaded files.
    var files: [String] = []
    /// Whether the request has content that cannot be read.
    var isOpaque = false

    private static let mostFields = 500
    static let longestValue = 2000

    /// - Parameter query: The query of the request's address, percent-encoded.
    init(_ request: PageRequest, query: String?) {
        if let query { self.addForm(query) }
        self.isOpaque = request.hasMore
        guard let body = request.body, !body.isEmpty else { return }
        let type = request.contentType.lowercased()
        let text = String(decoding: body, as: UTF8.self)
        if type.hasPrefix("multipart/form-data") {
            self.addMultipart(text, type: request.contentType)
        } else if let json = try? JSONValue(json: text) {
            self.add(json, name: "")
        } else if type.hasPrefix("application/x-www-form-urlencoded") || Self.looksLikeForm(text) {
            self.addForm(text)
        } else if text.unicodeScalars.contains(where: {
            $0 == "\u{FFFD}" || ($0.value < 32 && !"\r\n\t".unicodeScalars.contains($0))
        }) {
            self.isOpaque = true
        } else {
            self.add("", text)
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        guard self.fields.count < Self.mostFields else { return self.isOpaque = true }
        self.fields.append(Field(name: name, value: String(value.prefix(Self.longestValue))))
    }

    private static func looksLikeForm(_ text: String) -> Bool {
        !text.contains(where: \.isWhitespace) && text.contains("=")
            && text.split(separator: "&").allSatisfy { $0.contains("=") }
    }

    private mutating func addForm(_ text: String) {
        // Forms encode a space as a plus sign, but `URLComponents` does not.
        guard let items = URLComponents(string: "?" + text.replacing("+", with: "%20"))?.queryItems else {
            return self.add("", text)
        }
        for item in items { self.add(item.name, item.value ?? "") }
    }

    private mutating func add(_ json: JSONValue, name: String) {
        switch json {
        case .object(let members):
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                self.add(value, name: name.isEmpty ? key : "\(name).\(key)")
            }
        case .array(let items): for item in items { self.add(item, name: name) }
        case .string(let text): self.add(name, text)
        default: self.add(name, json.json)
        }
    }

    /// RFC 7578: parts are separated by boundary lines, and each part has headers.
    private mutating func addMultipart(_ text: String, type: String) {
        guard let mark = type.firstRange(of: "boundary=") else { return self.isOpaque = true }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        for part in text.components(separatedBy: "--\(boundary)") {
            guard let end = part.firstRange(of: "\r\n\r\n") else { continue }
            let head = part[..<end.lowerBound]
            let name = Self.parameter("name", of: head) ?? ""
            if let file = Self.parameter("filename", of: head) {
                // An empty file field sends a part with an empty file name.
                if !file.isEmpty { self.files.append(file) }
            } else {
                self.add(name, String(part[end.upperBound...].dropLast { $0 == "\r\n" }))
            }
        }
    }

    private static func parameter(_ name: String, of head: Substring) -> String? {
        guard let start = head.firstRange(of: " \(name)=\"") else { return nil }
        return String(head[start.upperBound...].prefix { $0 != "\"" })
    }
}

extension Substring {
    fileprivate func dropLast(while condition: (Character) -> Bool) -> Substring {
        var end = self.endIndex
        while end > self.startIndex, condition(self[self.index(before: end)]) { end = self.index(before: end) }
        return self[..<end]
    }
}

extension RequestFields.Field {
    /// Whether the value changes with each request or is encrypted: long, without words, not a number that people use, and
    /// under a name that doesn't say that it identifies somebody or something.
    var isToken: Bool {
        let name = self.name.lowercased()
        // A hash identifies the requested content.
        guard !name.contains("hash"), !name.contains("sha") else { return false }
        if ["csrf", "xsrf", "nonce", "timestamp", "_ts", "verificationtoken", "authenticity"].contains(
            where: name.contains)
        {
            return true
        }
        if self.isNow { return true }
        let hasBoth = self.value.contains(where: \.isNumber) && self.value.contains(where: \.isLetter)
        guard self.value.count >= 16, !self.value.contains(where: \.isWhitespace), hasBoth, !self.value.contains("@"),
            !self.value.hasPrefix("http"), self.value.wholeMatch(of: /[A-Z]{2}\d{2}[A-Z0-9]{11,30}/) == nil
        else { return false }
        let words = Set(WebRequest.words(self.name))
        return words.isDisjoint(with: Self.identifying) || !words.isDisjoint(with: Self.technical)
    }

    /// Whether the value is the time of the request, in seconds or milliseconds, or a random fraction.
    private var isNow: Bool {
        if self.value.wholeMatch(of: /0\.\d{6,}/) != nil { return true }
        guard [10, 13].contains(self.value.count), let number = Double(self.value) else { return false }
        let seconds = self.value.count == 13 ? number / 1000 : number
        return abs(seconds - Date().timeIntervalSince1970) < 86_400
    }

    /// Words of names that say what a value is of. An `id` alone isn't one: many pages make a new one for each request.
    private static let identifying: Set = [
        "to", "from", "recipient", "beneficiary", "payee", "receiver", "sender", "account", "acct", "iban", "bic",
        "swift",
        "card", "user", "username", "owner", "member", "customer", "contact", "name", "email", "phone", "address",
        "target",
        "amount", "sum", "total", "item", "items", "product", "sku", "order", "cart", "basket", "offer", "plan",
        "price",
        "file", "document", "folder", "post", "comment", "page", "path", "penerima",
        "akaun",
    ]
    /// Words for ids that mean nothing to users.
    private static let technical: Set = [
        "request", "trace", "span", "correlation", "idempotency", "session", "device", "client", "visitor", "tracking",
        "csrf", "token", "state", "challenge", "captcha", "recaptcha", "signature",
    ]

    /// Whether the field only proves that the form comes from the site, and means nothing to users.
    var isFormToken: Bool {
        let name = self.name.lowercased()
        return self.isToken
            && ["csrf", "xsrf", "authenticity_token", "requestverificationtoken"].contains { name.contains($0) }
    }

    /// Whether the field numbers messages or holds their time.
    var isCount: Bool {
        let isNumber = self.value.allSatisfy { $0.isNumber || $0 == "." }
        let words = WebRequest.words(self.name)
        let isNamed = words.contains {
            ["id", "ref", "seq", "nonce", "ts", "time", "timestamp", "counter"].contains($0)
        }
        return isNumber && (self.name.isEmpty || isNamed)
    }
}
