import AgentEvents
public import FoundationEssentials
import Synchronization

/// What a person could see and do on a page, as text in reading order.
///
/// Each line is a text, a heading (`# …`), a table row (`| … |`), or something to act on:
/// `[e5] button "Check"`, with its state in parentheses. `e5` is the reference that actions take.
public struct PageSnapshot: Sendable, Hashable {
    public var url: String
    public var title: String
    /// The lines in the window.
    public var lines: [String]
    /// Headings and controls above and below the window, in short form.
    public var outside: [String]
    /// How many more controls there are.
    public var omitted: Int
    /// How many lines of the window did not fit into the budget.
    public var truncated: Int

    /// The snapshot as one text, for a model.
    public var text: String {
        var parts = ["Page: \(self.title)", "Address: \(self.url)", ""] + self.lines
        if self.truncated > 0 { parts.append("… \(self.truncated) more lines in view: scroll, or read the page.") }
        if !self.outside.isEmpty {
            parts += ["", "Outside of the window (scroll to act on what is not listed):"] + self.outside
        }
        if self.omitted > 0 { parts.append("… and \(self.omitted) more controls further away.") }
        return parts.joined(separator: "\n")
    }
}

extension BrowserPage {
    private struct Walk: Decodable {
        var url: String
        var title: String
        var lines: [String]
        var outside: [String]
        var omitted: Int
        var truncated: Int
        var last: Int
    }

    /// Lists what is in the window in full and what is around it in short.
    /// - Parameter budget: The most characters for the window; a quarter of it goes to the rest.
    public func snapshot(budget: Int = 20_000) async throws -> PageSnapshot {
        let walk = try await self.walk(budget: budget, everything: false)
        return PageSnapshot(
            url: walk.url, title: walk.title, lines: walk.lines, outside: walk.outside, omitted: walk.omitted,
            truncated: walk.truncated)
    }

    /// The whole page as text, with links as `[text](address)` and tables as rows.
    public func readText(limit: Int = 50_000) async throws -> String {
        let walk = try await self.walk(budget: limit, everything: true)
        let rest = walk.truncated > 0 ? ["… \(walk.truncated) more lines."] : []
        return (["Page: \(walk.title)", "Address: \(walk.url)", ""] + walk.lines + rest).joined(separator: "\n")
    }

    private func walk(budget: Int, everything: Bool) async throws -> Walk {
        // A document that is still coming in is worth a moment of patience.
        _ = try await self.wait(until: .now + .seconds(5)) { state in
            state.loaderID == nil || state.milestones.contains("DOMContentLoaded")
        }
        let walk = try await self.call(
            "walk", [["budget": .integer(budget), "everything": .bool(everything)]], as: Walk.self)
        self.state.withLock { $0.lastReference = max($0.lastReference, walk.last) }
        return walk
    }

    /// A picture of the window, as PNG or JPEG.
    /// - Parameter quality: 1 to 100 for JPEG; `nil` for PNG.
    public func screenshot(quality: Int? = nil) async throws -> Data {
        struct Captured: Decodable { var data: String }
        var parameters: [String: JSONValue] = ["format": quality == nil ? "png" : "jpeg", "optimizeForSpeed": true]
        if let quality { parameters["quality"] = .integer(quality) }
        let captured = try await self.send("Page.captureScreenshot", .object(parameters), as: Captured.self)
        guard let data = Data(base64Encoded: captured.data) else {
            throw BrowserError(.protocolFailure, "The browser's screenshot is no base64.")
        }
        return data
    }
}
