import AgentCoreRuntime

struct Request: Decodable {
    var prompt: String
    /// Answer in this many events instead of one value.
    var words: Int?
}

@main
struct HelloAgent {
    static func main() async throws {
        let app = AgentCoreApp { (request: Request, context) in
            ["message": "You said: \(request.prompt)"]
        }
        .onWebSocket { socket, _ in
            for try await message in socket.messages { try await socket.send(message) }
        }
        try await app.run()
    }
}
