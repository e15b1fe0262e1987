import Testing

@testable import BrowserAutomation

@Suite("Requests that an action has started")
struct PendingRequestsTests {
    private let start = ContinuousClock.now

    private func acting(_ addresses: String...) -> PendingRequests {
        var requests = PendingRequests()
        requests.beginWork()
        requests.beginAction(at: self.start)
        for address in addresses { requests.begin(address, type: "Fetch", url: address, at: self.start) }
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
        requests.beginAction(at: self.start)
        #expect(requests.count(at: self.start) == 0)
    }

    @Test(
        "pictures, media and sockets change nothing that a page says",
        arguments: ["Image", "Media", "Font", "WebSocket", "Ping"])
    func silentTypes(type: String) {
        var requests = self.acting()
        requests.begin("1", type: type, url: "https://a.example/x", at: self.start)
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

    @Test("what a page polls is not an action's, whatever its query, unless the action requests it at once")
    func poll() {
        var requests = PendingRequests()
        for number in 1...2 {
            requests.begin("\(number)", type: "XHR", url: "https://a.example/poll?n=\(number)", at: self.start)
        }
        requests.beginWork()
        requests.beginAction(at: self.start)
        requests.begin("3", type: "XHR", url: "https://a.example/poll?n=3", at: self.start + .milliseconds(301))
        #expect(requests.count(at: self.start) == 0)
        requests.begin("4", type: "XHR", url: "https://a.example/save", at: self.start + .milliseconds(301))
        #expect(requests.count(at: self.start) == 1)
        requests.begin("5", type: "XHR", url: "https://a.example/poll", at: self.start + .milliseconds(100))
        #expect(requests.count(at: self.start) == 2)
    }

    @Test("what never answered is not waited for again in this document, and what was slow or streamed is")
    func hanging() {
        var requests = self.acting("https://a.example/hang", "https://a.example/stream")
        requests.hear("https://a.example/stream", at: self.start)
        requests.endWork(at: self.start + .seconds(3))
        requests.beginWork()
        requests.beginAction(at: self.start)
        requests.begin("2", type: "Fetch", url: "https://a.example/hang", at: self.start)
        #expect(requests.count(at: self.start) == 0)
        requests.begin("3", type: "Fetch", url: "https://a.example/stream", at: self.start)
        #expect(requests.count(at: self.start) == 1)
        requests.beginDocument()
        requests.begin("4", type: "Fetch", url: "https://a.example/hang", at: self.start)
        #expect(requests.count(at: self.start) == 2)
    }

    @Test("the script of a worker from memory is not waited for")
    func blob() {
        var requests = self.acting()
        requests.begin("1", type: "Script", url: "blob:https://a.example/1", at: self.start)
        #expect(requests.count(at: self.start) == 0)
    }

    @Test("a page cannot make it grow without end")
    func bounded() {
        var requests = self.acting()
        for number in 0..<5_000 {
            requests.begin("\(number)", type: "Fetch", url: "https://a.example/\(number)", at: self.start)
        }
        #expect(requests.count(at: self.start) == 500)
    }
}
