import BrowserAutomation
import FoundationEssentials
import Logging

/// Times browser actions on the pages of `Benchmarks/pages.py`, and prints the medians in milliseconds as JSON.
///
/// Usage: `browser-bench http://127.0.0.1:PORT`
@main
struct BrowserBench {
    static func main() async throws {
        let site = CommandLine.arguments[1]
        var configuration = BrowserConfiguration()
        configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [site])
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let browser = try await BrowserSession.start(
            LocalBrowserSource(logger: logger), configuration: configuration,
            logger: logger)
        var result: [String: Double] = [:]
        do {
            let page = try browser.currentPage()
            result["navigate"] = try await self.median(of: 50) { _ in
                _ = try await page.navigate(to: "\(site)/static.html")
            }

            _ = try await page.navigate(to: "\(site)/action.html")
            let snapshot = try await page.snapshot()
            let button = try self.reference("button", in: snapshot)
            let field = try self.reference("textbox", in: snapshot)
            // A click with all checks, and the page read afterwards, as an agent does.
            result["click+read"] = try await self.median(of: 200) { _ in
                _ = try await page.click(button)
                _ = try await page.snapshot()
            }
            result["fill"] = try await self.median(of: 200) { round in
                _ = try await page.fill(field, with: "text \(round)")
            }

            for (controls, rounds) in [(100, 10), (1000, 10), (5000, 5)] {
                _ = try await page.navigate(to: "\(site)/mixed\(controls).html")
                result["snapshot \(controls) first"] = try await self.median(of: 1) { _ in _ = try await page.snapshot()
                }
                result["snapshot \(controls)"] = try await self.median(of: rounds) { _ in _ = try await page.snapshot()
                }
                result["whole page \(controls)"] = try await self.median(of: rounds) { _ in
                    _ = try await page.readText(budget: 2_000_000)
                }
            }
        } catch {
            await browser.close()
            throw error
        }
        await browser.close()
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }

    private static func median(of rounds: Int, _ body: @Sendable (Int) async throws -> Void) async throws -> Double {
        var times: [Double] = []
        for round in 0..<rounds {
            let started = ContinuousClock.now
            try await body(round)
            times.append(started.duration(to: .now) / .milliseconds(1))
        }
        return times.sorted()[rounds / 2]
    }

    private static func reference(_ role: String, in snapshot: PageSnapshot) throws -> String {
        guard let line = snapshot.lines.first(where: { $0.contains("] \(role) ") }) else {
            throw BrowserError(.staleReference, "The page of the benchmark has no \(role).")
        }
        return String(line.dropFirst().prefix { $0 != "]" })
    }
}
