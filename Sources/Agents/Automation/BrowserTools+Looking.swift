import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials

/// Tools that change nothing on a page.
extension BrowserTools {
    private struct Address: ToolInput {
        var url: String
    }

    private struct Part: ToolInput {
        var part: Int?
        static let descriptions = ["part": "Of a long page, from 1."]
    }

    private struct Scroll: ToolInput {
        var pages: Double
        var ref: String?
        static let descriptions = ["pages": "Windows; negative is up.", "ref": "In the box to scroll."]
    }

    private struct Awaited: ToolInput {
        var text: String
        var gone: Bool?
        var seconds: Int?
    }

    private struct Text: ToolInput {
        var text: String
    }

    private struct Tab: ToolInput {
        var switchTo: String?
        var close: String?
    }

    var navigate: Tool {
        Tool("navigate", "Opens a web address.", risk: .read) { (input: Address, context) in
            try await self.opening { page in
                let pieces = self.gate.seen.pieces(of: input.url)
                let origin = Self.origin(of: input.url)
                // An address that only the page's text mentions is the page's wish and does not count as named. A link,
                // or an address that the model knows on its own, does.
                var isNamed = !self.gate.seen.hasShown(Self.host(of: input.url))
                if !isNamed { isNamed = try await self.links(to: input.url, on: page) }
                if isNamed { self.gate.places.note(input.url) }
                // Check the joined pieces first, because they may be parts of one value.
                try self.gate.checkFlow(
                    of: [pieces.joined(separator: " ")] + pieces, to: origin, tool: "navigate", context)
                self.evidence.note(writtenAddress: input.url)
                let moment = EffectRules.Moment(host: Self.host(of: input.url), opens: true)
                let report = try await self.guarding(moment, on: page, context) {
                    try await page.navigate(to: input.url)
                }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var snapshot: Tool {
        Tool(
            "snapshot", "Lists what is in the window.", risk: .read
        ) { (input: Part, _) in
            try await self.looking {
                ToolOutput(text: "The window:", view: try await self.view(of: self.page(), part: input.part ?? 1))
            }
        }
    }

    var scroll: Tool {
        Tool("scroll", "Scrolls the window, or a box in it.", risk: .read) { (input: Scroll, context) in
            try await self.acting { page in
                let report = try await self.guarding(on: page, context) {
                    try await page.scroll(pages: input.pages, at: input.ref)
                }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var waitForText: Tool {
        Tool(
            "wait_for_text", "Waits until text is on the page, or gone.", risk: .read
        ) { (input: Awaited, context) in
            let timeout = Duration.seconds(min(max(input.seconds ?? 10, 1), 60))
            return try await self.looking {
                let page = try await self.page()
                let report = try await page.wait(
                    for: input.gone == true ? .gone(input.text) : .text(input.text), timeout: timeout)
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var readPage: Tool {
        Tool(
            "read_page", "Reads the whole page as text.", risk: .read
        ) { (input: Part, _) in
            try await self.looking {
                let page = try await self.page()
                let text = try await page.readText(part: input.part ?? 1)
                self.note(text, of: try await page.origin(), at: self.secrets.mask(page.url))
                return self.untrusted.wrap(text)
            }
        }
    }

    var findText: Tool {
        Tool(
            "find_text", "Finds text anywhere on the page.", risk: .read
        ) { (input: Text, _) in
            let lines = try await self.looking {
                let page = try await self.page()
                let lines = try await page.find(input.text)
                self.names.note(lines)
                self.note(
                    lines.joined(separator: "\n"), of: try await page.origin(), at: self.secrets.mask(page.url))
                return lines
            }
            return lines.isEmpty ? "It is not on the page." : self.untrusted.wrap(lines.joined(separator: "\n"))
        }
    }

    var goBack: Tool {
        Tool("go_back", "Goes back a page.", risk: .read) { (_: NoInput, context) in
            try await self.acting { page in
                let report = try await self.guarding(on: page, context, opens: true) { try await page.goBack() }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var reload: Tool {
        Tool("reload", "Reloads the page.", risk: .read) { (_: NoInput, context) in
            try await self.acting { page in
                let report = try await self.guarding(on: page, context, opens: true) { try await page.reload() }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var tabs: Tool {
        Tool("tabs", "Lists tabs, switches to one, or closes one.", risk: .read) { (input: Tab, _) in
            let browser = try await self.holder.browser()
            if let tab = input.close { try await browser.closeTab(tab) }
            if let tab = input.switchTo { try await browser.switchTo(tab: tab) }
            let list = browser.tabs.map { "\($0.id)\($0.isCurrent ? " (current)" : ""): \($0.url)" }
            return self.untrusted.wrap(list.joined(separator: "\n"))
        }
    }

    /// Returns whether the page links to the site of an address.
    private func links(to address: String, on page: BrowserPage) async throws -> Bool {
        let host = Self.host(of: address)
        return try await page.links().contains { WebRequest.isSameSite(Self.host(of: $0.url), host) }
    }

    /// Returns the origin of an address, or the address itself if it has none.
    private static func origin(of address: String) -> String {
        guard let url = URL(string: address), let scheme = url.scheme, let host = url.host() else { return address }
        return "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
    }
}
