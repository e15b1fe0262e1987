import AWSClient
import AgentEvents
import Logging
import TestSupport
import Testing

@testable import AgentCoreServices

@Suite("AgentCore Memory")
struct AgentCoreMemoryTests {
    private static func client(_ address: String) throws -> AWSClient {
        try AWSClient(
            environment: [
                "AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_ENDPOINT_URL": address,
            ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func answer(_ json: String, status: Int = 200) -> PageContent {
        .raw(status: status, contentType: "application/json", body: json)
    }

    /// Longer than a request can take on a machine that runs all tests in parallel.
    private static let patient = Duration.seconds(120)

    private static let user = UserID(rawValue: "aminah")
    private static let session = SessionID(rawValue: "session")

    @Test("recalled memories come from every namespace, in order")
    func recall() async throws {
        let record = #"{"memoryRecordSummaries": [{"content": {"text": "Drives WXY 1234."}, "score": 0.9}]}"#
        try await withPages(["/memories/m/retrieve": Self.answer(record)]) { server, address in
            let memory = AgentCoreMemory(
                try Self.client(address), id: "m", namespaces: ["/a/{actorId}/", "/b/{sessionId}/", "/c/"],
                recallTimeout: Self.patient)
            let found = try await memory.recall("car", for: Self.user, in: Self.session)
            #expect(found == Array(repeating: "Drives WXY 1234.", count: 3))
            let paths = try server.submissions.map { try JSONValue(json: $0.body)["namespacePath"]?.string ?? "" }
            #expect(paths.sorted() == ["/a/aminah/", "/b/session/", "/c/"])
        }
    }

    @Test("records with a low score are left out")
    func score() async throws {
        let records = #"""
            {"memoryRecordSummaries": [{"content": {"text": "far off"}, "score": 0.1},
             {"content": {"text": "near"}, "score": 0.2}, {"content": {"text": "unscored"}}, {"score": 1}]}
            """#
        try await withPages(["/memories/m/retrieve": Self.answer(records)]) { _, address in
            let memory = AgentCoreMemory(
                try Self.client(address), id: "m", namespaces: ["/a/"], recallTimeout: Self.patient)
            #expect(try await memory.recall("x", for: Self.user, in: Self.session) == ["near", "unscored"])
        }
    }

    @Test("recalling throws if all namespaces fail")
    func failure() async throws {
        let refused = Self.answer(#"{"__type": "AccessDeniedException", "message": "no"}"#, status: 403)
        try await withPages(["/memories/m/retrieve": refused]) { _, address in
            let memory = AgentCoreMemory(
                try Self.client(address), id: "m", namespaces: ["/a/", "/b/"], recallTimeout: Self.patient)
            await #expect(throws: AWSError.self) {
                try await memory.recall("x", for: Self.user, in: Self.session)
            }
        }
    }

    @Test("a long text is split between characters, and nothing is lost")
    func pieces() {
        let text = String(repeating: "é👩‍👩‍👧‍👦", count: 60_000)
        let pieces = AgentCoreMemory.pieces(text)
        #expect(pieces.count > 1)
        #expect(pieces.joined() == text)
        #expect(AgentCoreMemory.pieces("").isEmpty)
    }
}

@Suite("AgentCore actor IDs")
struct IdentifierTests {
    @Test("an ID that AgentCore accepts is used unchanged", arguments: ["aminah", "a-b_c", "0193-abc"])
    func plain(id: String) { #expect(AgentCoreMemory.actorID(UserID(rawValue: id)) == id) }

    @Test(
        "any other ID is mapped to a stable, distinct ID",
        arguments: ["", "-a", "a b", "ü", "a\u{0}b", String(repeating: "x", count: 256)])
    func others(id: String) {
        let actor = AgentCoreMemory.actorID(UserID(rawValue: id))
        #expect(actor.hasPrefix("id-"))
        #expect(actor == AgentCoreMemory.actorID(UserID(rawValue: id)))
        #expect(actor != AgentCoreMemory.actorID(UserID(rawValue: id + "2")))
    }
}
