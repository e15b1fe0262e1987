import AgentCoreRuntime

struct Request: Decodable { var prompt: String }

let app = AgentCoreApp { (request: Request, context) in
    context.logger.info("Answering")
    return ["message": "You said: \(request.prompt)"]
}
try await app.run()
