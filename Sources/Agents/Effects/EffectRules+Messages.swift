import BrowserAutomation
import RuntimeProtocol

/// Classifies WebSocket messages. Active pages send many, and few of them have a lasting effect: most are heartbeats,
/// view state, and typing.
extension EffectRules {
    /// The names of fields in which a message states its type.
    private static let naming: Set = ["type", "event", "action", "op", "method", "cmd", "command", "kind"]
    private static let harmless: Set = [
        "ping", "pong", "heartbeat", "hb", "keepalive", "ack", "subscribe", "unsubscribe", "sub", "unsub", "presence",
        "typing", "cursor", "viewport", "scroll", "mouse", "mousemove", "focus", "blur", "hover", "select", "selection",
        "sync", "poll", "open", "close", "show", "hide", "toggle", "expand", "collapse", "tab", "next", "previous",
        "page",
        "load", "fetch", "get", "list", "read", "view", "resize", "connect", "init", "hello", "status", "state",
        "click",
        "event", "change", "input", "menu", "dialog", "panel",
    ]

    /// Types that a message may state and be harmless.
    private static let known = harmless.union(reversible).union(counting)
    /// The acting words that count in messages. A message that subscribes, for example, only listens.
    private static let actingHere = acting.subtracting(harmless)

    static func kind(ofMessage request: WebRequest, _ moment: Moment) -> ActionKind? {
        let content = request.content
        if self.holdsPassword(content, moment) { return .credentials }
        if self.holdsCard(content) { return .pay }
        guard moment.activates else { return nil }
        // A click or Enter sends the written text. Messages that are sent during typing are drafts.
        if self.longestWritten(in: content, moment) >= 4 { return .send }
        if content.fields.contains(where: { $0.name.hasSuffix("query") && self.graphQL($0.value) == "mutation" }) {
            return .submit
        }
        let kinds = content.fields.filter(self.isNaming).map { WebRequest.words($0.value) }.filter { !$0.isEmpty }
        if !kinds.isEmpty, kinds.allSatisfy({ self.isNamed($0, by: self.known) }), !self.isTooLong(content) {
            return nil
        }
        if !request.page.isHabit, let control = moment.control, ![.look, .change].contains(control) { return control }
        // Binary messages are searched for known words, but unknown binary content alone is no reason to ask the user.
        let isText = request.page.contentType.isEmpty
        let words = Set(isText ? self.names(of: content) : content.fields.flatMap { WebRequest.words($0.value) })
        if !words.isDisjoint(with: self.removing) { return .delete }
        if !words.isDisjoint(with: self.actingHere) { return .submit }
        guard isText, !request.page.isHabit else { return nil }
        if self.isTooLong(content) { return .submit }
        // Frameworks number their events and send counters of one or two characters.
        guard content.fields.contains(where: { $0.value.count > 2 }) else { return nil }
        return kinds.isEmpty && !words.isDisjoint(with: self.known) ? nil : .submit
    }

    /// Returns whether a message is too long to be read completely: it may say anything at its end.
    private static func isTooLong(_ content: RequestFields) -> Bool {
        content.isOpaque || content.fields.contains { $0.value.count >= RequestFields.longestValue }
    }

    private static func isNaming(_ field: RequestFields.Field) -> Bool {
        WebRequest.words(field.name).last.map { self.naming.contains($0) } ?? false
    }

    /// Returns the words with which a message states its type: in fields for that, and as plain elements of a list.
    private static func names(of content: RequestFields) -> [String] {
        content.fields.filter { $0.name.isEmpty || self.isNaming($0) }.flatMap { field in
            // In a text of several lines, the first one states the type, as in STOMP.
            WebRequest.words(String(field.value.prefix { !$0.isNewline }.prefix(60)))
        }
    }
}
