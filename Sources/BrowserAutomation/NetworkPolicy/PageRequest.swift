public import FoundationEssentials

/// A request that a page is about to make, or a message that it is about to send over a WebSocket.
///
/// For a WebSocket message, ``method`` is `SEND` and ``type`` is `WebSocket`.
public struct PageRequest: Sendable, Hashable {
    /// The party that is operating the browser.
    public enum Driver: Sendable, Hashable {
        /// The agent has control.
        case agent
        /// A user has control, but is only watching.
        case person
        /// A user has control, and has pressed or typed something in the last ten seconds.
        case personPressing
    }

    /// The HTTP method, in upper case.
    public var method: String
    /// The address of the request.
    public var url: String
    /// The resource type as Chromium names it, such as `Document`, `XHR`, `Ping` or `Image`. Chromium reports `fetch`
    /// as `XHR`.
    public var type: String
    /// The declared type of the body, such as `application/json; charset=utf-8`; empty if it is not declared.
    public var contentType: String
    /// The body; `nil` if it is empty, or too large for the browser to report.
    public var body: Data?
    /// Whether the request has content that ``body`` does not contain completely.
    public var hasMore: Bool
    /// The address, without fragment, of the document that makes the request, as far as its referrer reveals it.
    public var referrer: String?
    /// An identifier of the document that the tab showed at the time of the request; `nil` for workers.
    public var document: String?
    /// Whether the page sent a message like this one, apart from its numbers, before the agent acted. Set only for
    /// WebSocket messages.
    public var isHabit: Bool
    /// The party that was operating the browser at the time of the request.
    public var driver: Driver

    /// Creates a request.
    /// - Parameters:
    ///   - method: The HTTP method, in upper case.
    ///   - url: The address of the request.
    ///   - type: The resource type as Chromium names it.
    ///   - contentType: The declared type of the body; empty if it is not declared.
    ///   - body: The body, if it is known.
    ///   - hasMore: Whether the request has content that `body` does not contain completely.
    ///   - referrer: The address of the document that makes the request.
    ///   - document: An identifier of the document that the tab showed at the time of the request.
    ///   - isHabit: Whether the page sent a message like this one before the agent acted.
    ///   - driver: The party that was operating the browser at the time of the request.
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

/// The decision about a request.
public enum RequestVerdict: Sendable, Hashable {
    /// The browser sends the request.
    case pass
    /// The browser does not send the request. If it is for a document, the current document stays.
    case stop
}
