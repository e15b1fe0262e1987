import AgentEvents
import RuntimeClient
import RuntimeProtocol
import TestSupport
import Testing

@Suite("Runtime client")
struct RuntimeClientTests {
    private static let request = RuntimeRequest(.prompt("hello"), sessionID: SessionID(rawValue: "s"))

    private static func ask(_ answer: PageContent) async throws -> RunResult {
        try await withPages(["/invocations": answer]) { server, address in
            let result: RunResult = try await RuntimeClient(url: address).answer(to: Self.request)
            let body = server.submissions.first?.body ?? ""
            #expect(try JSONValue(json: body) == ["prompt": "hello", "session_id": "s"])
            return result
        }
    }

    @Test("a request is posted, and the response is decoded")
    func answered() async throws {
        let json = #"{"message": "Hello.", "session_id": "s", "run_id": "r", "status": "completed", "later": 1}"#
        let result = try await Self.ask(.raw(status: 200, contentType: "application/json", body: json))
        #expect(result.message == "Hello." && result.status == .completed)
    }

    @Test(
        "an error contains the server's message, or the beginning of an unreadable response",
        arguments: [
            (.raw(status: 400, contentType: "text/plain", body: "no prompt"), .refused, "400: no prompt"),
            (.raw(status: 200, contentType: "application/json", body: "[]"), .badAnswer, "[]"),
        ] as [(PageContent, RuntimeClientError.Code, String)])
    func failures(answer: PageContent, code: RuntimeClientError.Code, words: String) async {
        let error = await #expect(throws: RuntimeClientError.self) { try await Self.ask(answer) }
        #expect(error?.code == code && error?.description.contains(words) == true)
    }

    @Test("events arrive one by one with their numbers, including unknown types")
    func events() async throws {
        let body =
            "id: r:1\ndata: {\"type\": \"RUN_STARTED\"}\n\n: keep-alive\n\ndata: {\"type\": \"NEW\"}\n\n"
            + "id: r:3\ndata: {\"type\": \"RUN_FINISHED\"}\n\n"
        let answer = PageContent.raw(status: 200, contentType: "text/event-stream", body: body)
        try await withPages(["/invocations": answer]) { _, address in
            var heard: [String] = []
            for try await element in try await RuntimeClient(url: address).events(of: Self.request) {
                heard.append("\(element.number ?? 0) \(element.type) \(element.isEnd)")
            }
            #expect(heard == ["1 RUN_STARTED false", "0 NEW false", "3 RUN_FINISHED true"])
        }
    }

    @Test("a runtime that doesn't exist is unreachable")
    func unreachable() async {
        let error = await #expect(throws: RuntimeClientError.self) {
            try await RuntimeClient(url: "http://127.0.0.1:1").json(Self.request)
        }
        #expect(error?.code == .unreachable)
    }
}
