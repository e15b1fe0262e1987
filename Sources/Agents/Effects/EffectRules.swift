import AgentEvents
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Tells what a request does for good, by what is sent and not by what a page says of it.
///
/// What is only asked for, searched, counted or put into a cart passes. Words of addresses may lower a request only on the
/// page's own site, and never one that bears a card, a password, a file or a message.
enum EffectRules {
    /// What is known of the moment.
    struct Moment: Sendable {
        /// The page that the agent acts on, without its fragment.
        var address = ""
        /// Its host.
        var host = ""
        /// Whether the agent works a control, and does not only fill a field or look.
        var activates = false
        /// Whether the agent opens an address.
        var opens = false
        /// What the control says that it does, by its name or by its form.
        var control: ActionKind?
        /// Whether the page asks for a card or an account.
        var hasPayment = false
        /// The form as a person has approved it: where it goes, and what it sends unseen, by names.
        var form: (action: String, hidden: [String: String])?
        /// What a person was shown of what they have approved: the control, its form, and the text around it.
        var shown = ""
        /// Whether a price stands beside the control, or nothing is known of what stands there.
        var showsMoney = true
        /// What the agent has written in this task.
        var written: [String] = []
        /// Whether the secrets of the person stand in a text.
        var holdsSecret: @Sendable (String) -> Bool = { _ in false }
    }

    /// - Returns: The kind of effect; `nil` for none.
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

    /// Whether money may move with it.
    static func bearsMoney(_ request: WebRequest, _ moment: Moment) -> Bool {
        moment.hasPayment || moment.control == .pay || self.holdsCard(request.content)
            || request.content.fields.contains { field in
                !self.amounts.isDisjoint(with: WebRequest.words(field.name))
            }
    }

    /// What is paid, and not a part of it.
    private static let sums = amounts.subtracting(["subtotal"])
    private static let noSums: Set = [
        "id", "count", "item", "items", "quantity", "qty", "discount", "tax", "sub", "key",
    ]

    /// Whether the sums that a request names are among those that a person was shown.
    static func namesShownAmounts(_ request: WebRequest, _ moment: Moment) -> Bool {
        let sums = request.content.fields.filter { field in
            let words = WebRequest.words(field.name)
            // A price's name, and the count of what is paid for, are no sums; and nothing is no sum that anybody shows.
            return !self.sums.isDisjoint(with: words) && self.noSums.isDisjoint(with: words) && field.value.count <= 20
                && field.value.filter(\.isLetter).count <= 3
        }.flatMap { self.numbers(in: $0.value) }.filter { $0 > 0 }
        guard !sums.isEmpty else { return true }
        let shown = Set(self.numbers(in: moment.shown))
        // Programs count in the smallest coins, too.
        return sums.allSatisfy { shown.contains($0) || shown.contains($0 / 100) }
    }

    /// The numbers of a text, whatever it puts between thousands and before cents.
    private static func numbers(in text: String) -> [Double] {
        text.split { !$0.isNumber && $0 != "." && $0 != "," }.compactMap { part in
            let digits = part.map { $0.wholeNumberValue.map(String.init) ?? "." }.joined()
            let groups = digits.split(separator: ".")
            guard let last = groups.last, groups.count > 1, last.count != 3 else { return Double(groups.joined()) }
            return Double("\(groups.dropLast().joined()).\(last)")
        }
    }

    // MARK: Reading

    /// What such an address says has happened once it was opened, in the words of those who write programs.
    static let removing: Set = [
        "delete", "remove", "destroy", "erase", "purge", "unsubscribe", "deactivate", "revoke", "wipe", "terminate",
    ]
    private static let ending: Set = ["logout", "signout", "logoff"]
    static let acting: Set = [
        "transfer", "withdraw", "approve", "buy", "purchase", "pay", "confirm", "cancel", "vote", "submit", "send",
        "subscribe", "order", "register", "book", "apply", "accept", "agree", "sign", "enroll", "donate", "redeem",
        "bid",
    ]
    /// Those that name nothing else in an address.
    private static let telling: Set = [
        "transfer", "withdraw", "approve", "buy", "purchase", "confirm", "cancel", "vote", "subscribe", "donate",
    ]
    /// The fields in which an address says what to do.
    private static let commands: Set = ["do", "action", "act", "cmd", "op", "operation", "task"]
    private static let asset: Set = [
        "css", "js", "mjs", "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "woff", "woff2", "ttf", "map", "mp4",
    ]

    private static func kind(ofReading request: WebRequest, _ moment: Moment) -> ActionKind? {
        guard !self.asset.contains(request.path.split(separator: ".").last?.lowercased() ?? "") else { return nil }
        if self.names(self.removing, request) || self.names(self.ending, request) { return .delete }
        // What is told to be done, `do=transfer`, and not where a page is found, `/pay`.
        let told = request.content.fields.contains { field in
            let names = WebRequest.words(field.name)
            let isOrder = !self.commands.isDisjoint(with: names)
            return isOrder && !self.acting.isDisjoint(with: WebRequest.words(field.value))
                || !field.value.isEmpty && names.count == 1 && !self.telling.isDisjoint(with: names)
        }
        if told { return .submit }
        return moment.control == .delete && request.page.type == "Document" && !moment.opens ? .delete : nil
    }

    /// Whether one of these words stands in its path, or names something in its query that is set.
    private static func names(_ words: Set<String>, _ request: WebRequest) -> Bool {
        if !words.isDisjoint(with: request.pathWords) { return true }
        return request.content.fields.contains { field in
            let isOff = ["", "0", "false", "no"].contains(field.value.lowercased())
            return !isOff && !words.isDisjoint(with: WebRequest.words(field.name))
                || words.contains(field.value.lowercased())
        }
    }

    // MARK: What is sent

    private static let passwords: Set = ["password", "passwd", "passcode", "pin", "otp"]
    private static let amounts: Set = ["amount", "total", "price", "sum", "subtotal", "payable"]

    static func holdsPassword(_ content: RequestFields, _ moment: Moment) -> Bool {
        content.fields.contains { field in
            !self.passwords.isDisjoint(with: WebRequest.words(field.name))
                && !field.value.isEmpty || moment.holdsSecret(field.value)
        }
    }

    static func holdsCard(_ content: RequestFields) -> Bool {
        content.fields.contains { field in
            let digits = field.value.filter(\.isNumber)
            let isSpaced = field.value.allSatisfy { $0.isNumber || $0 == " " || $0 == "-" }
            return isSpaced && (13...19).contains(digits.count) && self.isCard(digits)
        }
    }

    /// ISO/IEC 7812-1, annex B: the last digit checks the others.
    private static func isCard(_ digits: String) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { sum, each in
            let digit = each.element.wholeNumberValue ?? 0
            let doubled = each.offset.isMultiple(of: 2) ? digit : digit * 2
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum.isMultiple(of: 10) && Set(digits).count > 1
    }

    /// A text of so many characters says something to somebody; shorter ones are what forms are filled with.
    private static let shortestMessage = 60

    static func longestWritten(in content: RequestFields, _ moment: Moment) -> Int {
        content.fields.map { field in
            moment.written.filter { $0.count >= 4 && field.value.contains($0) }.map(\.count).max() ?? 0
        }.max() ?? 0
    }

    // MARK: GraphQL and JSON-RPC

    /// The names of what a request asks a server of GraphQL or JSON-RPC for; `nil` for any other.
    private static func operations(of request: WebRequest, isOwn: Bool) -> [String]? {
        guard let body = request.page.body, let json = try? JSONValue(json: String(decoding: body, as: UTF8.self))
        else { return nil }
        let calls = json.array ?? [json]
        // Names are words of the page's, and count only where such calls are to be expected.
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

    /// `query` for a document of GraphQL that only reads, and what it does otherwise; `nil` for what is none. Words in
    /// comments, in strings and within braces name nothing that is done.
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
