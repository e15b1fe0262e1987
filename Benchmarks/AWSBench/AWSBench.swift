import AWSClient
import AgentEvents
import FoundationEssentials
import NIOCore

/// Measures the work per AWS request, and prints the medians in microseconds as JSON.
@main
struct AWSBench {
    static func main() throws {
        let credentials = AWSCredentials(
            accessKeyID: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            sessionToken: String(repeating: "t", count: 800))
        var result: [String: Double] = [:]
        for (name, size) in [("sign a request of 2 KB", 2048), ("sign a request of 100 KB", 100 * 1024)] {
            let request = Self.request(bodySize: size)
            let signer = SigV4Signer(service: "bedrock", region: "us-west-2")
            result[name] = Self.median(of: 20_000) {
                _ = signer.headers(for: request, with: credentials, at: Date())
            }
        }
        let handshake = SigV4Signer.Request(
            method: "GET", path: "/browser-streams/aws.browser.v1/sessions/01ABCDEFGHJKMNPQRSTVWXYZ12/automation",
            headers: [(name: "Host", value: "bedrock-agentcore.us-west-2.amazonaws.com")])
        let signer = SigV4Signer(service: "bedrock-agentcore", region: "us-west-2")
        result["sign a socket's handshake"] = Self.median(of: 20_000) {
            _ = signer.headers(for: handshake, with: credentials, at: Date())
        }
        let message = try Self.event()
        result["decode an event of a stream"] = Self.median(of: 20_000) {
            var decoder = EventStreamDecoder()
            decoder.feed(message)
            _ = try? decoder.next()
        }
        print(try JSONValue(encoding: result).json)
    }

    /// A request like that of a model turn.
    private static func request(bodySize: Int) -> SigV4Signer.Request {
        .init(
            method: "POST", path: "/model/au.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
            headers: [
                (name: "Host", value: "bedrock-runtime.us-west-2.amazonaws.com"),
                (name: "Content-Type", value: "application/json"),
            ],
            payload: .bytes(Array(repeating: UInt8(ascii: "x"), count: bodySize)))
    }

    private static func event() throws -> ByteBuffer {
        try EventStreamEncoder.encode(
            .init(
                headers: [
                    .init(":event-type", .string("contentBlockDelta")),
                    .init(":content-type", .string("application/json")),
                    .init(":message-type", .string("event")),
                ],
                payload: ByteBuffer(string: #"{"contentBlockIndex":0,"delta":{"text":"Amount due"},"p":"abcdefghij"}"#))
        )
    }

    private static func median(of rounds: Int, _ body: () -> Void) -> Double {
        let times = (0..<rounds).map { _ in ContinuousClock().measure(body) / .microseconds(1) }
        return times.sorted()[rounds / 2]
    }
}
