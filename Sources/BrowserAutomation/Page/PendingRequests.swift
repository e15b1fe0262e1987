/// The requests of a page that an action has started and that its result may wait for.
///
/// A pure state machine over the events of CDP's `Network` domain. What a page requests by itself, over and over, and streams
/// that have fallen silent are not waited for.
struct PendingRequests: Sendable {
    private struct Request {
        var address: String
        var begun: ContinuousClock.Instant
        /// When data came last; `nil` while there is no answer.
        var heard: ContinuousClock.Instant?
    }

    /// The types of resources that change what a page says.
    private static let telling: Set = ["Document", "Script", "XHR", "Fetch", "EventSource", "Stylesheet"]
    /// An address that was requested so often without an action is polled.
    private static let habitual = 2
    /// What is requested so soon after an action is its doing, even if the address is polled as well.
    private static let influence = Duration.milliseconds(300)
    /// A request without an answer for so long is not waited for again in this document.
    private static let hopeless = Duration.seconds(2)
    /// An answer that has begun and gives nothing for so long is a stream.
    private static let silence = Duration.milliseconds(500)
    /// Pages choose how many addresses they request.
    private static let mostHabits = 500
    private static let mostRequests = 500

    private var open: [String: Request] = [:]
    private var habits: [String: Int] = [:]
    private var hanging: Set<String> = []
    private var actionBegan: ContinuousClock.Instant?
    /// Whether the agent acts, so that what begins now may be its doing.
    private(set) var isActing = false

    /// Whether anything is followed at all, so that most events need not be read.
    var isEmpty: Bool { self.open.isEmpty }

    mutating func beginWork() { self.isActing = true }

    /// An action begins: what was requested before is not its doing.
    mutating func beginAction(at now: ContinuousClock.Instant) {
        self.open = [:]
        self.actionBegan = now
    }

    mutating func endWork(at now: ContinuousClock.Instant) {
        for request in self.open.values
        where request.heard == nil && now - request.begun >= Self.hopeless && self.hanging.count < Self.mostHabits {
            self.hanging.insert(request.address)
        }
        self.open = [:]
        self.isActing = false
    }

    /// Another document requests on its own account.
    mutating func beginDocument() {
        self.habits = [:]
        self.hanging = []
    }

    mutating func begin(_ id: String, type: String, url: String, at now: ContinuousClock.Instant) {
        // A script of a worker from memory is never reported as loaded.
        guard Self.telling.contains(type), url.hasPrefix("http") else { return }
        let address = String(url.prefix { $0 != "?" && $0 != "#" })
        guard self.isActing else {
            if self.habits[address] != nil || self.habits.count < Self.mostHabits {
                self.habits[address, default: 0] += 1
            }
            return
        }
        let isPolled = self.habits[address] ?? 0 >= Self.habitual
        let isSoon = self.actionBegan.map { now - $0 <= Self.influence } ?? false
        guard !isPolled || isSoon, !self.hanging.contains(address), self.open.count < Self.mostRequests else { return }
        self.open[id] = Request(address: address, begun: now)
    }

    mutating func hear(_ id: String, at now: ContinuousClock.Instant) { self.open[id]?.heard = now }

    mutating func end(_ id: String) { self.open[id] = nil }

    /// How many are to be waited for.
    func count(at now: ContinuousClock.Instant) -> Int {
        self.open.values.count { request in request.heard.map { now - $0 < Self.silence } ?? true }
    }

    /// When one of them may have fallen silent.
    func nextSilence(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        self.open.values.compactMap { $0.heard.map { $0 + Self.silence } }.filter { $0 > now }.min()
    }
}
