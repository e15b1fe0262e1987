import AgentCoreRuntime
import AsyncHTTPClient
import Files
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import RuntimeApp
import Settings

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

// The container's entry point: serves the runtime, or checks the health of the running one.

func fail(_ message: String) -> Never {
    fputs("ai4ai-runtime: \(message)\n", stderr)
    exit(EXIT_FAILURE)
}

// Before anything else: this becomes another program.
if CommandLine.arguments.dropFirst().first == Confinement.command {
    Confinement.become(Array(CommandLine.arguments.dropFirst(2)))
}

do {
    let settings = try Settings.fromEnvironment()
    switch CommandLine.arguments.dropFirst().first {
    case nil:
        try await RuntimeApp.serve(settings, configuration: .init(port: settings.port))
    case "healthcheck":
        let ping = HTTPClientRequest(url: "http://127.0.0.1:\(settings.port)/ping")
        let response = try await HTTPClient.shared.execute(ping, timeout: .seconds(2))
        guard response.status == .ok else { fail("/ping answered \(response.status.code)") }
    case let argument?:
        fail("'\(argument)' is no command. Run it without arguments to serve, or with: healthcheck.")
    }
} catch {
    fail("\(error)")
}
