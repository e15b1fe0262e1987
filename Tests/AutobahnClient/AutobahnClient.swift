import WebSocketClient

/// The client side of an Autobahn|Testsuite run: echoes what the fuzzing server sends, case by case.
///
/// Usage: `autobahn-client ws://127.0.0.1:9001`, with `wstest -m fuzzingserver` behind that address.
@main
struct AutobahnClient {
    static func main() async throws {
        let server = CommandLine.arguments.dropFirst().first ?? "ws://127.0.0.1:9001"
        let client = WebSocketClient()
        let counter = try await client.connect(to: "\(server)/getCaseCount")
        var count = 0
        for try await message in counter.messages { count = message.text.flatMap { Int($0) } ?? count }
        for number in 1...max(count, 1) {
            let socket = try await client.connect(to: "\(server)/runCase?case=\(number)&agent=ai4ai")
            do {
                for try await message in socket.messages { try await socket.send(message) }
            } catch {
                // The suite breaks the protocol on purpose; how the socket ended is what it judges.
            }
            await socket.close()
        }
        await client.connect(toReportOf: server)
        print("\(count) cases")
    }
}

extension WebSocketClient {
    /// Has the server write its report.
    fileprivate func connect(toReportOf server: String) async {
        guard let socket = try? await self.connect(to: "\(server)/updateReports?agent=ai4ai") else { return }
        await socket.close()
    }
}
