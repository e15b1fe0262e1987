import HTTPTypes
import Logging
import Testing

@testable import AgentCoreRuntime

@Suite("What reaches the agent of a request")
struct ContextTests {
    @Test(
        "the forwarding rule of the Python SDK holds at its boundaries",
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

    @Test("malformed baggage is skipped, the rest is read")
    func baggage() {
        let headers = ["a=1, b = %C3%A9;prop=x ,=nokey,broken", "c=%zz,d=2=3"]
        #expect(Baggage.parse(headers) == ["a": "1", "b": "é", "d": "2=3"])
    }
}

@Suite("The status of /ping")
struct ActivityTrackerTests {
    /// A clock that the test sets.
    final class Clock: Sendable {
        private let value = LockedInt()
        var now: Int {
            get { self.value.get() }
            set { self.value.set(newValue) }
        }
    }

    @Test("the time changes with the status and not between")
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

    @Test("forced beats custom, custom beats automatic")
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

    @Test("ending a job that does not run changes nothing")
    func unknownJob() {
        let tracker = ActivityTracker { 1 }
        let job = tracker.beginJob("a")
        #expect(!tracker.endJob(job + 1))
        #expect(tracker.report.status == .healthyBusy)
        #expect(tracker.endJob(job))
        #expect(tracker.report.status == .healthy)
    }
}

@Suite("Only this machine may call")
struct LocalHostPolicyTests {
    private static func request(host: String, origin: String? = nil) -> HTTPRequest {
        var request = HTTPRequest(method: .post, scheme: "http", authority: host, path: "/invocations")
        request.headerFields[.origin] = origin
        return request
    }

    @Test(
        "local names pass",
        arguments: [("localhost:8080", nil), ("127.0.0.1", nil), ("[::1]:8080", "http://localhost:3000")]
            as [(String, String?)])
    func local(host: String, origin: String?) {
        #expect(LocalHostPolicy().refusal(of: Self.request(host: host, origin: origin)) == nil)
    }

    @Test(
        "foreign names are refused",
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
