import HTTPTypes
import Logging
import Testing

@testable import AgentCoreRuntime

@Suite("Forwarding of headers and baggage")
struct ContextTests {
    @Test(
        "headers are forwarded by the rule of the Python SDK, including its edge cases",
        arguments: [
            ("X-Amzn-Bedrock-AgentCore-Runtime-Custom-", true), ("X-Amzn-Bedrock-AgentCore-Runtime-Custom", false),
            ("X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant", true), ("PrefixX-Amzn-Trace-Id", true),
            ("X-Amzn-Trace-Id", false), ("X-Amz-Date", false), ("X-Amz-Bedrock-AgentCore-Identity-WAT", true),
            ("Authorization", true), ("X-Authorization", true), ("Proxy-Authorization", false), ("Cookie", false),
            ("Accept", false), ("Accept-Language", false), ("Content-Type", false), ("Sec-WebSocket-Key", false),
            ("traceparent", true), ("baggage", true), ("X-Forwarded-For", false), ("Host", false),
        ])
    func forwarding(name: String, isForwarded: Bool) {
        #expect(HeaderForwarding.allows(name.lowercased()) == isForwarded)
    }

    @Test("malformed baggage members are skipped, and the others are parsed")
    func baggage() {
        let headers = ["a=1, b = %C3%A9;prop=x ,=nokey,broken", "c=%zz,d=2=3"]
        #expect(Baggage.parse(headers) == ["a": "1", "b": "é", "d": "2=3"])
    }
}

@Suite("Ping status")
struct ActivityTrackerTests {
    /// A clock that the test controls.
    final class Clock: Sendable {
        private let value = LockedInt()
        var now: Int {
            get { self.value.get() }
            set { self.value.set(newValue) }
        }
    }

    @Test("the time changes only when the status changes")
    func timeIsFrozen() {
        let clock = Clock()
        clock.now = 100
        let tracker = ActivityTracker { clock.now }
        clock.now = 200
        #expect(tracker.report == PingReport(status: .healthy, timeOfLastUpdate: 100))
        tracker.beginTurn()
        clock.now = 300
        tracker.beginTurn()
        #expect(tracker.report == PingReport(status: .healthyBusy, timeOfLastUpdate: 200))
        tracker.endTurn()
        #expect(tracker.report.status == .healthyBusy)
        tracker.endTurn()
        #expect(tracker.report == PingReport(status: .healthy, timeOfLastUpdate: 300))
    }

    @Test("a forced status overrides a custom one, which overrides the automatic one")
    func precedence() {
        let tracker = ActivityTracker { 1 }
        tracker.beginTurn()
        tracker.setCustom(.healthy)
        #expect(tracker.report.status == .healthy)
        tracker.force(.healthyBusy)
        #expect(tracker.report.status == .healthyBusy)
        tracker.force(nil)
        #expect(tracker.report.status == .healthy)
        tracker.setCustom(nil)
        #expect(tracker.report.status == .healthyBusy)
    }

    @Test("ending an unknown job changes nothing")
    func unknownJob() {
        let tracker = ActivityTracker { 1 }
        let job = tracker.beginJob("a")
        #expect(!tracker.endJob(job + 1))
        #expect(tracker.report.status == .healthyBusy)
        #expect(tracker.endJob(job))
        #expect(tracker.report.status == .healthy)
    }
}

@Suite("Host and origin check")
struct LocalHostPolicyTests {
    private static func request(host: String, origin: String? = nil) -> HTTPRequest {
        var request = HTTPRequest(method: .post, scheme: "http", authority: host, path: "/invocations")
        request.headerFields[.origin] = origin
        return request
    }

    @Test(
        "local hosts and origins are accepted",
        arguments: [("localhost:8080", nil), ("127.0.0.1", nil), ("[::1]:8080", "http://localhost:3000")]
            as [(String, String?)])
    func local(host: String, origin: String?) {
        #expect(LocalHostPolicy().refusal(of: Self.request(host: host, origin: origin)) == nil)
    }

    @Test(
        "foreign hosts and origins are rejected",
        arguments: [
            ("evil.example", nil), ("localhost.evil.example", nil), ("127.0.0.1.evil.example:8080", nil),
            ("localhost", "https://evil.example"), ("localhost", "null"),
            ("localhost", "http://localhost.evil.example"),
            ("localhost", "http://user@evil.example"), ("localhost", "file://"),
        ] as [(String, String?)])
    func foreign(host: String, origin: String?) {
        #expect(LocalHostPolicy().refusal(of: Self.request(host: host, origin: origin))?.status == .forbidden)
    }
}
