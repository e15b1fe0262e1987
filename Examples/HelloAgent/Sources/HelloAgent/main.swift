import AgentCoreRuntime

struct Request: Decodable { var prompt: String }

let app = AgentCoreApp { (request: Request, context) in
    ["message": "You said: \(request.prompt)"]
}
try await app.run()
