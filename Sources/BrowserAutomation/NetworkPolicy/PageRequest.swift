public import FoundationEssentials

/// A request that a page is about to make.
public struct PageRequest: Sendable, Hashable {
    /// Who moves the browser.
    public enum Driver: Sendable, Hashable {
        case agent
        /// A person has control, and only looks.
        case person
        /// A person has control, and has pressed or typed something in the last ten seconds.
        case personPressing
    }

    /// In capitals.
    public var method: String
    public var url: String
    /// What it is for, as Chromium names it, such as `Document`, `XHR`, `Ping` or `Image`. `fetch` is told as `XHR`.
    public var type: String
    /// What its body is said to be, such as `application/json; charset=utf-8`; empty where nothing is said.
    public var contentType: String
    /// What it sends; `nil` where that is nothing, or too much for the browser to tell.
    public var body: Data?
    /// Whether it sends something that ``body`` does not hold whole.
    public var hasMore: Bool
    /// The document that asks for it, as far as that tells: its address without a fragment.
    public var referrer: String?
    /// Names the document that the tab showed at that moment; absent for workers.
    public var document: String?
    /// Whether the page has sent the like before the agent acted, but for numbers; told of messages on sockets only.
    public var isHabit: Bool
    /// Who moves the browser at that moment.
    public var driver: Driver

    public init(
        method: String, url: String, type: String = "XHR", contentType: String = "", body: Data? = nil,
        hasMore: Bool = false, referrer: String? = nil, document: String? = nil, isHabit: Bool = false,
        driver: Driver = .agent
    ) {
        self.method = method
        self.url = url
        self.type = type
        self.contentType = contentType
        self.body = body
        self.hasMore = hasMore
        self.referrer = referrer
        self.document = document
        self.isHabit = isHabit
        self.driver = driver
    }
}

/// What becomes of a request.
public enum RequestVerdict: Sendable, Hashable {
    case pass
    /// It is not made. A document stays as it is.
    case stop
}
