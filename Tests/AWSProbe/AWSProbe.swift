import AWSClient
import AgentEvents
import FoundationEssentials
import Logging

/// Does with our AWS parts what it is told on standard input, a JSON object a line, and answers with one a line: so
/// that tests written with botocore can look at each part alone. Credentials and endpoints come from the environment.
@main
struct AWSProbe {
    static func main() async throws {
        let logger = Logger(label: "aws-probe") { StreamLogHandler.standardError(label: $0) }
        let client: AWSClient
        do {
            client = try AWSClient(environment: ProcessInfo.processInfo.environment, logger: logger)
        } catch {
            fputs("\(error)\n", stderr)
            exit(1)
        }
        while let line = readLine() {
            print(await self.answer(line, client, logger).json)
            // Into a pipe the words would otherwise wait for many more.
            fflush(nil)
        }
    }

    private static func answer(_ line: String, _ client: AWSClient, _ logger: Logger) async -> JSONValue {
        do {
            let command = try JSONValue(json: line)
            return ["result": try await Commands(client: client, logger: logger).run(command)]
        } catch let error as AWSError {
            return [
                "error": .string("\(error)"), "code": .string("\(error.code)"), "type": .string(error.type ?? ""),
                "requestID": .string(error.requestID ?? ""),
            ]
        } catch {
            return ["error": .string("\(error)"), "code": .string("\(type(of: error))")]
        }
    }
}

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif
