import BrowserAutomation
import FoundationEssentials
import Logging

/// Measures browser actions on the pages of `Benchmarks/pages.py`, and prints medians in milliseconds as JSON, with the
/// snapshot lengths and the final memory usage.
///
/// `browser-bench http://127.0.0.1:PORT`, or `browser-bench http://127.0.0.1:PORT cycles N` to find leaks over N tasks,
/// or `browser-bench http://127.0.0.1:PORT guard` to measure the cost of judging each request.
@main
struct BrowserBench {
    static func main() async throws {
        let site = CommandLine.arguments[1]
        var configuration = BrowserConfiguration()
        configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [site])
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let browser = try await BrowserSession.start(
            LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)
        let result: [String: Double]
        do {
            if CommandLine.arguments.dropFirst(2).first == "guard" {
                configuration.requestJudge = { _ in .pass }
                let judged = try await BrowserSession.start(
                    LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)
                result = try await Guard(site: site, plain: browser, judged: judged).measure()
                await judged.close()
            } else if CommandLine.arguments.dropFirst(2).first == "cycles", let count = Int(CommandLine.arguments[3]) {
                result = try await Cycles(site: site, browser: browser, configuration: configuration).run(count)
            } else {
                result = try await self.measure(browser, site)
            }
        } catch {
            await browser.close()
            throw error
        }
        await browser.close()
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }

    private static func measure(_ browser: BrowserSession, _ site: String) async throws -> [String: Double] {
        var result: [String: Double] = [:]
        let page = try browser.currentPage()
        result["navigate"] = try await self.median(of: 50) { _ in
            _ = try await page.navigate(to: "\(site)/static.html")
        }

        _ = try await page.navigate(to: "\(site)/action.html")
        let snapshot = try await page.snapshot()
        let button = try self.reference("button", in: snapshot)
        let field = try self.reference("textbox", in: snapshot)
        // A click with all checks, followed by reading the page, as an agent does.
        result["click+read"] = try await self.median(of: 200) { _ in
            _ = try await page.click(button)
            _ = try await page.snapshot()
        }
        result["fill"] = try await self.median(of: 200) { round in
            _ = try await page.fill(field, with: "text \(round)")
        }

        for (kind, controls, rounds) in [
            ("mixed", 100, 10), ("mixed", 1000, 10), ("mixed", 5000, 5), ("dense", 100, 10), ("dense", 1000, 10),
            ("dense", 5000, 5),
        ] {
            let name = "\(kind) \(controls)"
            _ = try await page.navigate(to: "\(site)/\(kind)\(controls).html")
            result["snapshot \(name) first"] = try await self.median(of: 1) { _ in _ = try await page.snapshot() }
            result["snapshot \(name)"] = try await self.median(of: rounds) { _ in _ = try await page.snapshot() }
            result["snapshot \(name), with picture"] = try await self.median(of: rounds) { _ in
                async let picture = page.screenshot(quality: 70)
                _ = try await page.snapshot()
                _ = try await picture
            }
            result["characters \(name)"] = Double(try await page.snapshot().text.count)
            result["whole page \(name)"] = try await self.median(of: rounds) { _ in
                _ = try await page.readText(budget: 2_000_000)
            }
        }
        result["memory"] = Process.residentMemory
        return result
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

    static func reference(_ role: String, in snapshot: PageSnapshot) throws -> String {
        guard let line = snapshot.lines.first(where: { $0.contains("] \(role) ") }) else {
            throw BrowserError(.staleReference, "The page of the benchmark has no \(role).")
        }
        return String(line.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
    }
}

/// Resource usage of this process, as the operating system reports it.
enum Process {
    /// In MB.
    static var residentMemory: Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }

    static var openFiles: Double {
        Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
    }

    /// The number of processes whose command line contains the text.
    static func count(with text: String) -> Double {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return Double(
            names.count { name in
                guard Int(name) != nil, let line = try? Data(contentsOf: URL(filePath: "/proc/\(name)/cmdline")) else {
                    return false
                }
                return String(decoding: line, as: UTF8.self).contains(text)
            })
    }
}
