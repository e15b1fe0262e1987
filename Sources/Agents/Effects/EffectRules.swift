import AgentEvents
import BrowserAutomation
import FoundationEssentials

/// Tells what a request does for good, by what is sent and not by what a page says of it.
///
/// What is only asked for, searched, counted or put into a cart passes. Words of addresses may lower a request only on the
/// page's own site, and never one that bears a card, a password, a file or a message.
enum EffectRules {
    /// What is known of the moment.
    struct Moment: Sendable {
        /// The host of the page that the agent acts on.
        var host = ""
        /// Whether the agent opens an address.
        var opens = false
        /// What the control says that it does, by its name or by its form.
        var control: ActionKind?
        /// Whether the page asks for a card or an account.
        var hasPayment = false
        /// The form as a person has approved it: where it goes, and what it sends unseen, by names.
        var form: (action: String, hidden: [String: String])?
        /// What the agent has written in this task.
        var written: [String] = []
        /// Whether the secrets of the person stand in a text.
        var holdsSecret: @Sendable (String) -> Bool = { _ in false }
    }

    /// - Returns: The kind of effect; `nil` for none.
    static func kind(of request: WebRequest, _ moment: Moment) -> ActionKind? {
        let method = request.page.method
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
        if let names = self.operations(of: request), names.allSatisfy(self.isReading) { return nil }
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

    // MARK: Reading

    /// What such an address says has happened once it was opened, in the words of those who write programs.
    private static let removing: Set = [
        "delete", "remove", "destroy", "erase", "purge", "unsubscribe", "deactivate", "revoke", "wipe", "terminate",
    ]
    private static let ending: Set = ["logout", "signout", "logoff"]
    private static let acting: Set = [
        "transfer", "withdraw", "approve", "buy", "purchase", "pay", "confirm", "cancel", "vote", "submit", "send",
    ]
    private static let asset: Set = [
        "css", "js", "mjs", "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "woff", "woff2", "ttf", "map", "mp4",
    ]

    private static func kind(ofReading request: WebRequest, _ moment: Moment) -> ActionKind? {
        guard !self.asset.contains(request.path.split(separator: ".").last?.lowercased() ?? "") else { return nil }
        if self.names(self.removing, request) || self.names(self.ending, request) { return .delete }
        // What is told to be done, `do=transfer`, and not where a page is found, `/pay`.
        let told = request.content.fields.contains { field in
            !self.acting.isDisjoint(with: WebRequest.words(field.value))
                && !Set(["do", "action", "act", "cmd", "op", "operation", "task"]).isDisjoint(
                    with: WebRequest.words(field.name))
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
                || !words.isDisjoint(with: [field.value.lowercased()])
        }
    }

    // MARK: What is sent

    private static let amounts: Set = ["amount", "total", "price", "sum", "subtotal", "payable"]

    private static func holdsPassword(_ content: RequestFields, _ moment: Moment) -> Bool {
        content.fields.contains { field in
            !Set(["password", "passwd", "passcode", "pin", "otp"]).isDisjoint(with: WebRequest.words(field.name))
                && !field.value.isEmpty || moment.holdsSecret(field.value)
        }
    }

    private static func holdsCard(_ content: RequestFields) -> Bool {
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

    private static func longestWritten(in content: RequestFields, _ moment: Moment) -> Int {
        content.fields.map { field in
            moment.written.filter { $0.count >= 4 && field.value.contains($0) }.map(\.count).max() ?? 0
        }.max() ?? 0
    }

    // MARK: What is reversible

    private static let counting: Set = [
        "analytics", "telemetry", "metrics", "metric", "track", "tracking", "collect", "beacon", "rum", "heartbeat",
        "ping", "log", "logs", "events", "csp", "report", "stats",
    ]

    /// Whether a page only tells how it is used.
    private static func isReport(_ request: WebRequest, message: Int) -> Bool {
        message == 0 && request.page.type != "Document"
            && (self.counts(request) || request.page.type == "CSPViolationReport")
    }

    /// Whether nobody misses it: what a page tells another site behind its visitor's back, without an answer.
    static func isExpendable(_ request: WebRequest, _ moment: Moment) -> Bool {
        request.page.type == "Ping" && !WebRequest.isSameSite(request.host, moment.host)
    }

    private static func counts(_ request: WebRequest) -> Bool { !self.counting.isDisjoint(with: request.pathWords) }

    private static let reversible: Set = [
        "cart", "basket", "bag", "trolley", "quantity", "qty", "filter", "filters", "sort", "search", "find", "finder",
        "lookup", "query", "suggest", "suggestions", "autocomplete", "complete", "autosave", "draft", "drafts",
        "preference", "preferences", "consent", "cookie", "cookies", "locale", "language", "currency", "theme", "view",
        "validate", "validation", "check", "availability", "available", "quote", "estimate", "calculate", "preview",
        "status", "list", "browse", "page", "read", "get", "fetch", "load", "count", "rates",
    ]

    private static func isReversible(_ request: WebRequest) -> Bool {
        !self.reversible.isDisjoint(with: request.pathWords)
            && self.acting.union(["checkout", "order", "orders"]).isDisjoint(with: request.pathWords)
    }

    // MARK: GraphQL and JSON-RPC

    /// The names of what a request asks a server of GraphQL or JSON-RPC for; `nil` for any other.
    private static func operations(of request: WebRequest) -> [String]? {
        guard let body = request.page.body, let json = try? JSONValue(json: String(decoding: body, as: UTF8.self))
        else { return nil }
        let calls = json.array ?? [json]
        let names = calls.compactMap(self.operation)
        return names.count == calls.count && !names.isEmpty ? names : nil
    }

    private static func operation(_ call: JSONValue) -> String? {
        if call["jsonrpc"] != nil { return call["method"]?.string }
        if let query = call["query"]?.string {
            let text = query.drop { $0.isWhitespace }
            if text.hasPrefix("query") || text.hasPrefix("{") || text.hasPrefix("fragment") {
                return query.contains("mutation") ? "mutation" : "query"
            }
            return text.hasPrefix("mutation") || text.hasPrefix("subscription") ? String(text.prefix(60)) : nil
        }
        return call["extensions"]?["persistedQuery"] == nil ? nil : call["operationName"]?.string
    }

    private static func isReading(_ name: String) -> Bool {
        let words = WebRequest.words(name)
        return words.first.map { ["query", "get", "list", "search", "find", "fetch", "read", "load"].contains($0) }
            ?? false
    }
}
