import AgentCoreRuntime

struct Request: Decodable { var prompt: String }

let app = AgentCoreApp { (request: Request, context) in
    AsyncStream<[String: String]> { stream in
        for word in request.prompt.split(separator: " ") { stream.yield(["text": String(word)]) }
        stream.finish()
    }
}
try await app.run()
