import AgentEvents
import BrowserAutomation
import Logging

/// Works a browser as it is told on standard input, a JSON object a line, and answers with one a line: so that the
/// same cases run with our library, with Playwright and with browser-use.
///
/// `browser-probe [--allow-private] [--action-timeout-ms N] [--viewport WxH] [--chromium PATH]`
@main
struct BrowserProbe {
    static func main() async throws {
        var configuration = BrowserConfiguration()
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--allow-private": configuration.addressPolicy.allowsAllPrivate = true
            case "--action-timeout-ms":
                if let value = arguments.popFirst().flatMap({ Int($0) }) {
                    configuration.actionTimeout = .milliseconds(value)
                }
            case "--viewport":
                let size = (arguments.popFirst() ?? "").split(separator: "x").compactMap { Int($0) }
                if size.count == 2 { configuration.viewport = .init(width: size[0], height: size[1]) }
            case "--judge": configuration.requestJudge = { _ in .pass }
            case "--chromium": configuration.chromium = arguments.popFirst()
            default:
                fputs("unknown argument \(argument)\n", stderr)
                exit(64)
            }
        }
        let logger = Logger(label: "browser-probe") { StreamLogHandler.standardError(label: $0) }
        let browser = try await BrowserSession.start(
            LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)
        let commands = Commands(browser: browser)
        while let line = readLine() {
            print(await self.answer(line, commands).json)
            // Into a pipe the words would otherwise wait for many more.
            fflush(nil)
        }
        await browser.close()
    }

    private static func answer(_ line: String, _ commands: Commands) async -> JSONValue {
        let command = (try? JSONValue(json: line)) ?? [:]
        let id = command["id"] ?? .null
        do {
            return ["id": id, "ok": true, "result": try await commands.run(command)]
        } catch let error as BrowserError {
            return [
                "id": id, "ok": false, "error": ["code": .string("\(error.code)"), "message": .string(error.message)],
            ]
        } catch {
            return ["id": id, "ok": false, "error": ["code": "invalidValue", "message": .string("\(error)")]]
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
