import AgentEvents
import BrowserAutomation

/// Requests that send something but have no lasting effect: usage reports, and changes that are as easy to undo as to
/// make. They are recognized by tables of path words and field names, on the page's own site.
extension EffectRules {
    static let counting: Set = [
        "analytics", "telemetry", "metrics", "metric", "track", "tracking", "collect", "beacon", "rum", "heartbeat",
        "ping", "log", "logs", "events", "csp", "report", "stats", "batch", "flags", "evaluate", "experiments", "pixel",
    ]

    /// Returns whether a request only reports how the page is used.
    static func isReport(_ request: WebRequest, message: Int) -> Bool {
        message < 8 && request.page.type != "Document"
            && (self.counts(request) || request.page.type == "CSPViolationReport")
    }

    /// Returns whether the request can be blocked without visible effects: a beacon to another site, which gets no
    /// response.
    static func isExpendable(_ request: WebRequest, _ moment: Moment) -> Bool {
        request.page.type == "Ping" && !WebRequest.isSameSite(request.host, moment.host)
    }

    private static func counts(_ request: WebRequest) -> Bool {
        self.parts(of: request).contains { self.isNamed($0, by: self.counting) }
    }

    private static func parts(of request: WebRequest) -> [[String]] {
        // Some paths separate resource names with colons.
        request.path.split { $0 == "/" || $0 == ":" }.map { WebRequest.words(String($0)) }
    }

    /// Returns whether a part of a path contains one of these words, and otherwise only words that may accompany them.
    static func isNamed(_ part: [String], by words: Set<String>) -> Bool {
        !words.isDisjoint(with: part) && Set(part).isSubset(of: words.union(self.beside))
    }

    static let reversible: Set = [
        "cart", "basket", "bag", "trolley", "quantity", "qty", "filter", "filters", "sort", "search", "find", "finder",
        "lookup", "query", "queries", "suggest", "suggestions", "suggester", "autocomplete", "autosave", "draft",
        "drafts",
        "preference", "preferences", "consent", "consents", "cookie", "cookies", "locale", "localization", "language",
        "lang", "setlang", "currency", "theme", "validate", "validation", "check", "availability", "quote", "estimate",
        "calculate", "preview", "status", "count", "rates", "workspaces", "msearch", "tiles", "viewport", "markers",
        "within",
        "bounds", "datatable", "datatables", "wishlist", "wishlists", "themes", "appearance", "notification",
        "notifications", "favourite", "favourites", "favorite",
        "favorites",
        "bookmark", "bookmarks", "watchlist", "compare",
    ]
    private static let carts: Set = ["cart", "basket", "bag", "trolley"]
    /// The steps of a checkout before its order.
    private static let steps: Set = [
        "shipping", "delivery", "billing", "address", "addresses", "method", "guest", "customer", "contact", "email",
        "information",
    ]
    /// Words that may accompany such a word in one part of a path.
    private static let beside: Set = [
        "add", "to", "update", "item", "items", "line", "api", "my", "set", "change", "for", "by", "of", "the", "in",
        "v",
        "get", "list", "products", "product", "site", "user", "users", "form", "field", "post", "box", "s",
    ]

    private static let ordering: Set = ["checkout", "order", "orders", "payment", "payments"]

    /// Returns whether a part of the path names a reversible change and no later part names an order.
    static func isReversible(_ request: WebRequest) -> Bool {
        let parts = self.parts(of: request)
        let found = parts.lastIndex { part in
            self.isNamed(part, by: self.reversible)
                || part.contains { $0.hasPrefix("consent") || $0.hasPrefix("cookie") }
        }
        guard let found else {
            return self.isStep(parts) || self.isGuest(request, parts) || self.isSaving(request, parts)
        }
        // Some frameworks take the method from a field.
        let method = request.content.fields.first { $0.name.lowercased() == "_method" }?.value.lowercased()
        return method != "delete" && self.acting.isDisjoint(with: request.pathWords.filter { $0 != "order" })
            && parts[found...].allSatisfy { self.ordering.isDisjoint(with: $0) }
    }

    /// Returns whether a path ends in a checkout step that asks for delivery details and orders nothing.
    private static func isStep(_ parts: [[String]]) -> Bool {
        let places = self.carts.union(["checkout"])
        guard let last = parts.last, self.isNamed(last, by: self.steps),
            let place = parts.firstIndex(where: { self.isNamed($0, by: places) })
        else { return false }
        return parts[(place + 1)...].allSatisfy { self.isNamed($0, by: self.steps) }
    }

    /// Fields that identify a guest, that is, a user without an account.
    private static let guestFields: Set = [
        "email", "mail", "username", "user", "guest", "options", "option", "next", "password", "is_guest",
    ]

    /// Returns whether a request only tells a checkout that the user continues as a guest.
    private static func isGuest(_ request: WebRequest, _ parts: [[String]]) -> Bool {
        guard let last = parts.last, self.isNamed(last, by: ["checkout", "guest"]) else { return false }
        let fields = request.content.fields.filter { !$0.isFormToken && !request.page.url.contains("\($0.name)=") }
        return fields.contains {
            $0.name.lowercased().contains("guest") || ["guest", "anonymous"].contains($0.value.lowercased())
        }
            && fields.allSatisfy { self.guestFields.contains($0.name.lowercased()) }
    }

    private static let documents: Set = [
        "contents", "content", "notebook", "notebooks", "document", "documents", "note", "notes",
    ]
    /// The fields of a new document without content.
    private static let blank: Set = ["path", "type", "ext", "format"]
    /// Fields that make a document more than a draft, or share it with others.
    private static let publishing: Set = [
        "status", "state", "publish", "published", "visibility", "public", "shared", "share", "access", "role", "owner",
        "permission", "permissions", "recipient", "recipients", "to",
    ]

    /// Returns whether an editor saves the current state of a document or creates an empty one.
    private static func isSaving(_ request: WebRequest, _ parts: [[String]]) -> Bool {
        let fields = request.content.fields.filter { !($0.value.isEmpty && $0.name.allSatisfy(\.isNumber)) }
        let isBlank = fields.allSatisfy { self.blank.contains($0.name) }
        guard ["PUT", "PATCH"].contains(request.page.method) || request.page.method == "POST" && isBlank else {
            return false
        }
        return parts.contains { self.isNamed($0, by: self.documents) }
            && self.acting.isDisjoint(with: request.pathWords) && self.removing.isDisjoint(with: request.pathWords)
            && fields.allSatisfy { field in
                let last = field.name.split(separator: ".").last.map(String.init) ?? ""
                return self.publishing.isDisjoint(with: WebRequest.words(last))
            }
    }

    /// Returns whether an address belongs to a shopping cart.
    static func isCart(_ address: String) -> Bool {
        let parts = WebRequest.pathParts(of: address)
        return parts.contains { self.isNamed($0, by: self.carts) }
            && parts.allSatisfy { self.ordering.isDisjoint(with: $0) }
    }
}
