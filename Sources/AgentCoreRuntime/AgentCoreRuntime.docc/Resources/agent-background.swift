import AgentCoreRuntime

struct Request: Decodable { var prompt: String }

let app = AgentCoreApp { (request: Request, context) in
    context.backgroundTasks.run("report") {
        // The session stays alive until this returns or throws.
        try await Task.sleep(for: .seconds(60))
        context.logger.info("The report is ready")
    }
    return ["message": "I'm working on it."]
}
try await app.run()
