/// The requests of a page that an action has started and that its result may wait for.
///
/// A pure state machine over the events of CDP's `Network` domain. What a page requests by itself, over and over, and streams
/// that have fallen silent are not waited for.
struct PendingRequests: Sendable {
    private struct Request {
        var address: String
        /// When data came last; `nil` while there is no answer.
        var heard: ContinuousClock.Instant?
    }

    /// The types of resources that change what a page says.
    private static let telling: Set = ["Document", "Script", "XHR", "Fetch", "EventSource", "Stylesheet"]
    /// An address that was requested so often without an action is a poll's.
    private static let habitual = 2
    /// An answer that has begun and gives nothing for so long is a stream's.
    private static let silence = Duration.milliseconds(500)
    /// Pages choose how many addresses they request.
    private static let mostHabits = 500
    private static let mostRequests = 500

    private var open: [String: Request] = [:]
    private var habits: [String: Int] = [:]
    /// Whether the agent acts, so that what begins now may be its doing.
    private(set) var isActing = false

    /// Whether anything is followed at all, so that most events need not be read.
    var isEmpty: Bool { self.open.isEmpty }

    mutating func beginWork() { self.isActing = true }

    /// An action begins: what was requested before is not its doing.
    mutating func beginAction() { self.open = [:] }

    mutating func endWork() {
        // What an action could not wait for is not waited for again.
        for request in self.open.values { self.noteHabit(request.address, Self.habitual) }
        self.open = [:]
        self.isActing = false
    }

    mutating func begin(_ id: String, type: String, url: String) {
        guard Self.telling.contains(type) else { return }
        let address = String(url.prefix { $0 != "?" && $0 != "#" })
        guard self.isActing else { return self.noteHabit(address, 1) }
        guard self.habits[address] ?? 0 < Self.habitual, self.open.count < Self.mostRequests else { return }
        self.open[id] = Request(address: address)
    }

    mutating func hear(_ id: String, at now: ContinuousClock.Instant) { self.open[id]?.heard = now }

    mutating func end(_ id: String) { self.open[id] = nil }

    private mutating func noteHabit(_ address: String, _ count: Int) {
        guard self.habits[address] != nil || self.habits.count < Self.mostHabits else { return }
        self.habits[address, default: 0] += count
    }

    /// How many are to be waited for.
    func count(at now: ContinuousClock.Instant) -> Int {
        self.open.values.count { request in request.heard.map { now - $0 < Self.silence } ?? true }
    }

    /// When one of them may have fallen silent.
    func nextSilence(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        self.open.values.compactMap { $0.heard.map { $0 + Self.silence } }.filter { $0 > now }.min()
    }
}
