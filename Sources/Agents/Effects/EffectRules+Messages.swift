import BrowserAutomation
import RuntimeProtocol

/// What a page sends over a WebSocket. A lively page says much there, and little of it is for good: signs of life, what is
/// looked at, what is typed.
extension EffectRules {
    /// In these a message says what it is.
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

    /// What a message may say of itself and be harmless.
    private static let known = harmless.union(reversible).union(counting)
    /// What acts here: a message that subscribes only listens.
    private static let actingHere = acting.subtracting(harmless)

    static func kind(ofMessage request: WebRequest, _ moment: Moment) -> ActionKind? {
        let content = request.content
        if self.holdsPassword(content, moment) { return .credentials }
        if self.holdsCard(content) { return .pay }
        guard moment.activates else { return nil }
        // Enter or a click sends what was written; what is sent while it is written is a draft.
        if self.longestWritten(in: content, moment) >= 4 { return .send }
        if content.fields.contains(where: { $0.name.hasSuffix("query") && self.graphQL($0.value) == "mutation" }) {
            return .submit
        }
        let kinds = content.fields.filter(self.isNaming).map { WebRequest.words($0.value) }.filter { !$0.isEmpty }
        if !kinds.isEmpty, kinds.allSatisfy({ self.isNamed($0, by: self.known) }), !self.isTooLong(content) {
            return nil
        }
        if !request.page.isHabit, let control = moment.control, ![.look, .change].contains(control) { return control }
        // Bytes are read for what they tell, and are not asked about for what they do not.
        let isText = request.page.contentType.isEmpty
        let words = Set(isText ? self.names(of: content) : content.fields.flatMap { WebRequest.words($0.value) })
        if !words.isDisjoint(with: self.removing) { return .delete }
        if !words.isDisjoint(with: self.actingHere) { return .submit }
        guard isText, !request.page.isHabit else { return nil }
        if self.isTooLong(content) { return .submit }
        // Frameworks number their events, and count with single characters.
        guard content.fields.contains(where: { $0.value.count > 2 }) else { return nil }
        return kinds.isEmpty && !words.isDisjoint(with: self.known) ? nil : .submit
    }

    /// What is too long to be read whole may say anything at its end.
    private static func isTooLong(_ content: RequestFields) -> Bool {
        content.isOpaque || content.fields.contains { $0.value.count >= RequestFields.longestValue }
    }

    private static func isNaming(_ field: RequestFields.Field) -> Bool {
        WebRequest.words(field.name).last.map { self.naming.contains($0) } ?? false
    }

    /// The words by which a message says what it is: in the fields for that, and as they stand in a list.
    private static func names(of content: RequestFields) -> [String] {
        content.fields.filter { $0.name.isEmpty || self.isNaming($0) }.flatMap { field in
            // Of a text of several lines the first says what it is, as in STOMP.
            WebRequest.words(String(field.value.prefix { !$0.isNewline }.prefix(60)))
        }
    }
}
