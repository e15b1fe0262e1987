import AgentEvents
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Classifies the lasting effect of a request by what it sends, not by what the page says about it.
///
/// Requests that only read, search, count, or fill a cart pass. Words in an address can lower the classification only
/// on the page's own site, and never for a request that carries a card number, a password, a file, or a message.
enum EffectRules {
    /// The context of a request: the page, and the agent's current or last action.
    struct Moment: Sendable {
        /// The address of the page that the agent acts on, without its fragment.
        var address = ""
        /// The host of that page.
        var host = ""
        /// Whether the agent activates an element, rather than only filling in a field or reading.
        var activates = false
        /// Whether the agent opens an address.
        var opens = false
        /// The kind of action that the element announces, by its name or by its form.
        var control: ActionKind?
        /// Whether the form asks for a card or an account.
        var hasPayment = false
        /// The form as the user approved it: its address, and its hidden values by name.
        var form: (action: String, hidden: [String: String])?
        /// What the user was shown: the element, its form, and the text around it.
        var shown = ""
        /// Whether a price stands next to the element. Also `true` if the text around the element is unknown.
        var showsMoney = true
        /// The texts that the agent has written in this task.
        var written: [String] = []
        /// Returns whether a text contains one of the user's secrets.
        var holdsSecret: @Sendable (String) -> Bool = { _ in false }
    }

    /// Returns the kind of lasting effect that a request has; `nil` if it has none.
    static func kind(of request: WebRequest, _ moment: Moment) -> ActionKind? {
        let method = request.page.method
        if request.page.type == "WebSocket" { return self.kind(ofMessage: request, moment) }
        if ["GET", "HEAD", "OPTIONS"].contains(method) { return self.kind(ofReading: request, moment) }
        let content = request.content
        if self.holdsPassword(content, moment) { return .credentials }
        if !content.files.isEmpty || content.isOpaque && request.page.contentType.hasPrefix("multipart") {
            return .upload
        }
        if self.holdsCard(content) { return .pay }
        let isOwn = WebRequest.isSameSite(request.host, moment.host)
        let message = self.longestWritten(in: content, moment)
        if self.isReport(request, message: message) { return nil }
        if let names = self.operations(of: request, isOwn: isOwn), names.allSatisfy(self.isReading) { return nil }
        if isOwn, !moment.hasPayment, message < Self.shortestMessage, method != "DELETE",
            self.isReversible(request), moment.control.map({ [.look, .change, .submit].contains($0) }) ?? true
        {
            return nil
        }
        if method == "DELETE" || self.names(self.removing, request) || moment.control == .delete { return .delete }
        if moment.hasPayment || moment.control == .pay { return .pay }
        if let control = moment.control, ![.look, .change].contains(control) { return control }
        return message >= Self.shortestMessage ? .send : .submit
    }

    /// Returns whether money may move with a request.
    static func bearsMoney(_ request: WebRequest, _ moment: Moment) -> Bool {
        moment.hasPayment || moment.control == .pay || self.holdsCard(request.content)
            || request.content.fields.contains { field in
                !self.amounts.isDisjoint(with: WebRequest.words(field.name))
            }
    }

    /// Words in field names for the total that is paid, and not for a part of it.
    private static let sums = amounts.subtracting(["subtotal"])
    private static let noSums: Set = [
        "id", "count", "item", "items", "quantity", "qty", "discount", "tax", "sub", "key",
    ]

    /// Returns whether the amounts in a request are among those that the user was shown.
    static func namesShownAmounts(_ request: WebRequest, _ moment: Moment) -> Bool {
        let sums = request.content.fields.filter { field in
            let words = WebRequest.words(field.name)
            // The id of a price and the number of items are not amounts, and no page shows an amount of zero.
            return !self.sums.isDisjoint(with: words) && self.noSums.isDisjoint(with: words) && field.value.count <= 20
                && field.value.filter(\.isLetter).count <= 3
        }.flatMap { self.numbers(in: $0.value) }.filter { $0 > 0 }
        guard !sums.isEmpty else { return true }
        let shown = Set(self.numbers(in: moment.shown))
        // Requests may state amounts in the smallest currency unit, such as cents.
        return sums.allSatisfy { shown.contains($0) || shown.contains($0 / 100) }
    }

    /// Returns the numbers in a text, whichever separators it uses for thousands and decimals.
    private static func numbers(in text: String) -> [Double] {
        text.split { !$0.isNumber && $0 != "." && $0 != "," }.compactMap { part in
            let digits = part.map { $0.wholeNumberValue.map(String.init) ?? "." }.joined()
            let groups = digits.split(separator: ".")
            guard let last = groups.last, groups.count > 1, last.count != 3 else { return Double(groups.joined()) }
            return Double("\(groups.dropLast().joined()).\(last)")
        }
    }

    // MARK: Reading

    /// Words in addresses that delete something as soon as the address is opened, as programmers name such endpoints.
    static let removing: Set = [
        "delete", "remove", "destroy", "erase", "purge", "unsubscribe", "deactivate", "revoke", "wipe", "terminate",
    ]
    private static let ending: Set = ["logout", "signout", "logoff"]
    static let acting: Set = [
        "transfer", "withdraw", "approve", "buy", "purchase", "pay", "confirm", "cancel", "vote", "submit", "send",
        "subscribe", "order", "register", "book", "apply", "accept", "agree", "sign", "enroll", "donate", "redeem",
        "bid",
    ]
    /// The acting words that have no other meaning in an address.
    private static let telling: Set = [
        "transfer", "withdraw", "approve", "buy", "purchase", "confirm", "cancel", "vote", "subscribe", "donate",
    ]
    /// The names of query fields that state a command.
    private static let commands: Set = ["do", "action", "act", "cmd", "op", "operation", "task"]
    private static let asset: Set = [
        "css", "js", "mjs", "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "woff", "woff2", "ttf", "map", "mp4",
    ]

    private static func kind(ofReading request: WebRequest, _ moment: Moment) -> ActionKind? {
        guard !self.asset.contains(request.path.split(separator: ".").last?.lowercased() ?? "") else { return nil }
        if self.names(self.removing, request) || self.names(self.ending, request) { return .delete }
        // Only a command counts, such as `do=transfer`, and not the location of a page, such as `/pay`.
        let told = request.content.fields.contains { field in
            let names = WebRequest.words(field.name)
            let isOrder = !self.commands.isDisjoint(with: names)
            return isOrder && !self.acting.isDisjoint(with: WebRequest.words(field.value))
                || !field.value.isEmpty && names.count == 1 && !self.telling.isDisjoint(with: names)
        }
        if told { return .submit }
        return moment.control == .delete && request.page.type == "Document" && !moment.opens ? .delete : nil
    }

    /// Returns whether one of these words is in the path, in the name of a field that is set, or the value of a field.
    private static func names(_ words: Set<String>, _ request: WebRequest) -> Bool {
        if !words.isDisjoint(with: request.pathWords) { return true }
        return request.content.fields.contains { field in
            let isOff = ["", "0", "false", "no"].contains(field.value.lowercased())
            return !isOff && !words.isDisjoint(with: WebRequest.words(field.name))
                || words.contains(field.value.lowercased())
        }
    }

    // MARK: Request content

    private static let passwords: Set = ["password", "passwd", "passcode", "pin", "otp"]
    private static let amounts: Set = ["amount", "total", "price", "sum", "subtotal", "payable"]

    static func holdsPassword(_ content: RequestFields, _ moment: Moment) -> Bool {
        content.fields.contains { self.isPassword($0) || moment.holdsSecret($0.value) }
    }

    static func isPassword(_ field: RequestFields.Field) -> Bool {
        !self.passwords.isDisjoint(with: WebRequest.words(field.name)) && !field.value.isEmpty
    }

    static func holdsCard(_ content: RequestFields) -> Bool {
        content.fields.contains { self.isCard($0.value) }
    }

    /// Returns whether a text is the number of a card: its last digit is a valid check digit for the others (Luhn).
    /// Source: ISO/IEC 7812-1, annex B.
    static func isCard(_ text: String) -> Bool {
        let digits = text.filter(\.isNumber)
        guard (13...19).contains(digits.count), text.allSatisfy({ $0.isNumber || $0 == " " || $0 == "-" }) else {
            return false
        }
        let sum = digits.reversed().enumerated().reduce(0) { sum, each in
            let digit = each.element.wholeNumberValue ?? 0
            let doubled = each.offset.isMultiple(of: 2) ? digit : digit * 2
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum.isMultiple(of: 10) && Set(digits).count > 1
    }

    /// The number of characters from which written text counts as a message. Shorter texts are ordinary form input.
    static let shortestMessage = 60

    static func longestWritten(in content: RequestFields, _ moment: Moment) -> Int {
        content.fields.map { field in
            moment.written.filter { $0.count >= 4 && field.value.contains($0) }.map(\.count).max() ?? 0
        }.max() ?? 0
    }

    // MARK: GraphQL and JSON-RPC

    /// Returns the names of the operations in a GraphQL or JSON-RPC request; `nil` for any other request.
    private static func operations(of request: WebRequest, isOwn: Bool) -> [String]? {
        guard let body = request.page.body, let json = try? JSONValue(json: String(decoding: body, as: UTF8.self))
        else { return nil }
        let calls = json.array ?? [json]
        // The page chooses the names, so they count only at addresses that are expected to serve such calls.
        let isPlace = isOwn && !Set(["graphql", "gql", "rpc", "jsonrpc", "trpc"]).isDisjoint(with: request.pathWords)
        let names = calls.compactMap { self.operation($0, takesNames: isPlace) }
        return names.count == calls.count && !names.isEmpty ? names : nil
    }

    private static func operation(_ call: JSONValue, takesNames: Bool) -> String? {
        if let query = call["query"]?.string { return self.graphQL(query) }
        guard takesNames else { return nil }
        if call["jsonrpc"] != nil { return call["method"]?.string }
        return call["extensions"]?["persistedQuery"] == nil ? nil : call["operationName"]?.string
    }

    /// Returns `query` for a GraphQL document that only reads and `mutation` for any other; `nil` if the text is not a
    /// document. Words in comments, in strings, and within braces do not count.
    ///
    /// Source: GraphQL, October 2021, sections 2.1 and 2.3.
    static func graphQL(_ text: String) -> String? {
        var depth = 0
        var word = ""
        var kinds: Set<String> = []
        var rest = Substring(text)
        while let character = rest.first {
            if rest.hasPrefix("\"\"\"") {
                rest = rest.dropFirst(3)
                rest = rest[(rest.firstRange(of: "\"\"\"")?.upperBound ?? rest.endIndex)...]
                continue
            }
            rest = rest.dropFirst()
            switch character {
            case "#": rest = rest.drop { !$0.isNewline }
            case "\"":
                while let next = rest.popFirst(), next != "\"" { if next == "\\" { _ = rest.popFirst() } }
            case "{", "(":
                if depth == 0, character == "{", kinds.isEmpty { kinds.insert("query") }
                depth += 1
            case "}", ")": depth -= 1
            case _ where character.isLetter || character == "_": word.append(character)
            default: break
            }
            let ends = rest.first.map { !$0.isLetter && $0 != "_" } ?? true
            if ends, !word.isEmpty {
                if depth == 0, ["query", "mutation", "subscription", "fragment"].contains(word) { kinds.insert(word) }
                word = ""
            }
        }
        kinds.remove("fragment")
        return kinds.isEmpty ? nil : kinds == ["query"] ? "query" : "mutation"
    }

    private static func isReading(_ name: String) -> Bool {
        let words = WebRequest.words(name)
        return words.first.map { ["query", "get", "list", "search", "find", "fetch", "read", "load"].contains($0) }
            ?? false
    }
}
