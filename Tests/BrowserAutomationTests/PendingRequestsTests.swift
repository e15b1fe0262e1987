import Testing

@testable import BrowserAutomation

@Suite("Requests that an action has started")
struct PendingRequestsTests {
    private let start = ContinuousClock.now

    private func acting(_ addresses: String...) -> PendingRequests {
        var requests = PendingRequests()
        requests.beginWork()
        requests.beginAction()
        for address in addresses { requests.begin(address, type: "Fetch", url: address) }
        return requests
    }

    @Test("a request counts until it has ended")
    func counts() {
        var requests = self.acting("https://a.example/x")
        #expect(requests.count(at: self.start) == 1)
        requests.end("https://a.example/x")
        #expect(requests.count(at: self.start) == 0)
    }

    @Test("what was requested before an action is not its doing")
    func earlier() {
        var requests = self.acting("https://a.example/x")
        requests.beginAction()
        #expect(requests.count(at: self.start) == 0)
    }

    @Test(
        "pictures, media and sockets change nothing that a page says",
        arguments: ["Image", "Media", "Font", "WebSocket", "Ping"])
    func silentTypes(type: String) {
        var requests = self.acting()
        requests.begin("1", type: type, url: "https://a.example/x")
        #expect(requests.count(at: self.start) == 0)
    }

    @Test("a stream that has fallen silent is not waited for, and its silence is foreseen")
    func stream() {
        var requests = self.acting("https://a.example/events")
        requests.hear("https://a.example/events", at: self.start)
        #expect(requests.count(at: self.start) == 1)
        #expect(requests.nextSilence(after: self.start) == self.start + .milliseconds(500))
        #expect(requests.count(at: self.start + .milliseconds(501)) == 0)
        #expect(requests.nextSilence(after: self.start + .milliseconds(501)) == nil)
    }

    @Test("what a page requests by itself again and again is not an action's, whatever its query")
    func poll() {
        var requests = PendingRequests()
        for number in 1...2 { requests.begin("\(number)", type: "XHR", url: "https://a.example/poll?n=\(number)") }
        requests.beginWork()
        requests.beginAction()
        requests.begin("3", type: "XHR", url: "https://a.example/poll?n=3")
        #expect(requests.count(at: self.start) == 0)
        requests.begin("4", type: "XHR", url: "https://a.example/save")
        #expect(requests.count(at: self.start) == 1)
    }

    @Test("what was waited for in vain is not waited for again")
    func hanging() {
        var requests = self.acting("https://a.example/hang")
        requests.endWork()
        requests.beginWork()
        requests.beginAction()
        requests.begin("2", type: "Fetch", url: "https://a.example/hang")
        #expect(requests.count(at: self.start) == 0)
    }

    @Test("a page cannot make it grow without end")
    func bounded() {
        var requests = self.acting()
        for number in 0..<5_000 { requests.begin("\(number)", type: "Fetch", url: "https://a.example/\(number)") }
        #expect(requests.count(at: self.start) == 500)
    }
}
