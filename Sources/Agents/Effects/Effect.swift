import AgentEvents
import BrowserAutomation
import Crypto
import FoundationEssentials
import RuntimeProtocol

/// A lasting effect that a page is about to cause: what it would send, and where.
struct Effect: Sendable, Hashable {
    var kind: ActionKind
    var method: String
    /// The destination's origin, such as `https://shop.example`.
    var origin: String
    var path: String
    /// The fields as users see them, with secrets masked and long values cut.
    var fields: [RequestFields.Field]
    var files: [String]
    var isOpaque: Bool
    /// Whether money may move, for example because of a card number or an amount.
    var bearsMoney: Bool
    /// Whether the user can allow such effects for the rest of a task.
    var canLast: Bool
    /// Identifies the effect. Values that change with every request, such as tokens, do not count.
    var fingerprint: String

    /// A one-line summary for users of what would be sent.
    var text: String {
        let told = self.fields.filter { !$0.isFormToken && !($0.value.isEmpty && $0.name.allSatisfy(\.isNumber)) }
        var parts = told.prefix(12).map { field in
            field.name.isEmpty ? "\"\(field.value.prefix(60))\"" : "\(field.name): \(field.value.prefix(60))"
        }
        if told.count > parts.count { parts.append("and \(told.count - parts.count) more fields") }
        parts += self.files.map { "file \($0)" }
        if self.isOpaque { parts.append("…") }
        let what = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "\(self.method) \(self.origin)\(self.path.prefix(100))\(what)"
    }

    var json: JSONValue {
        [
            "kind": .string(self.kind.rawValue), "method": .string(self.method), "origin": .string(self.origin),
            "path": .string(String(self.path.prefix(200))),
            "fields": .array(self.fields.prefix(40).map { [.string($0.name), .string($0.value)] }),
            "files": .array(self.files.map { .string($0) }),
        ]
    }
}

extension Effect {
    /// - Parameters:
    ///   - showsMoney: Whether a price stands next to the element that was activated.
    ///   - mask: Masks secrets in the shown text.
    init(
        _ request: WebRequest, kind: ActionKind, bearsMoney: Bool, showsMoney: Bool, mask: (String) -> String
    ) {
        self.kind = kind
        self.method = request.page.method
        self.origin = request.origin
        self.path = mask(request.path)
        self.fields = request.content.fields.map { ShownFields.shown($0, mask: mask) }
        self.files = request.content.files
        self.isOpaque = request.content.isOpaque
        self.bearsMoney = bearsMoney
        self.canLast =
            TaskAllowances.kinds.contains(kind) && !bearsMoney && request.content.files.isEmpty
            && !showsMoney
        // WebSocket messages often carry a counter, which must not change the fingerprint.
        let isMessage = request.page.type == "WebSocket"
        let lasting = request.content.fields.filter { !(isMessage && $0.isCount) }.map {
            "\($0.name)=\($0.isToken ? "" : $0.value)"
        }
        let matter = [
            request.page.method, request.origin, request.path, lasting.joined(separator: "&"),
            self.files.joined(separator: "&"),
        ]
        self.fingerprint = SHA256.digits(of: matter.joined(separator: "\n"))
    }
}
