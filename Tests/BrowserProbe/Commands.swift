import AgentEvents
import BrowserAutomation

/// What the probe can be told.
struct Commands {
    let browser: BrowserSession

    private struct Unknown: Error, CustomStringConvertible {
        var description: String
    }

    func run(_ command: JSONValue) async throws -> JSONValue {
        func text(_ key: String) throws -> String {
            guard let value = command[key]?.string else { throw Unknown(description: "'\(key)' is missing") }
            return value
        }
        let action = try text("action")
        if let result = try await self.tabs(action, command) { return result }
        let page = try self.browser.currentPage()
        if let result = try await self.reading(action, command, page) { return result }
        let report: ActionReport
        switch action {
        case "navigate": report = try await page.navigate(to: text("url"))
        case "back": report = try await page.goBack()
        case "forward": report = try await page.goForward()
        case "reload": report = try await page.reload()
        case "click": report = try await page.judgingMessages(waits: true) { try await page.click(text("ref")) }
        case "doubleClick": report = try await page.click(text("ref"), .double)
        case "hover": report = try await page.hover(text("ref"))
        case "fill": report = try await page.fill(text("ref"), with: text("text"))
        case "clear": report = try await page.clear(text("ref"))
        case "type": report = try await page.type(text("text"), into: text("ref"))
        case "press":
            let key = try text("key")
            let ref = command["ref"]?.string
            report = try await page.judgingMessages(waits: true, beforehand: ref == nil) {
                try await page.press(key, in: ref)
            }
        case "select":
            let options = try command["option"]?.array?.compactMap(\.string) ?? [text("option")]
            report = try await page.select(options, in: text("ref"))
        case "check": report = try await page.setChecked(text("ref"), command["checked"] != false)
        case "drag": report = try await page.drag(text("from"), to: text("to"))
        case "upload":
            report = try await page.upload(
                command["files"]?.array?.compactMap { $0.string.map { UploadFile(path: $0) } } ?? [], to: text("ref"))
        case "scroll": report = try await page.scroll(pages: command["pages"]?.double ?? 1, at: command["ref"]?.string)
        case "waitFor":
            let awaited: BrowserPage.Awaited
            if let text = command["text"]?.string {
                awaited = .text(text)
            } else if let text = command["gone"]?.string {
                awaited = .gone(text)
            } else {
                awaited = .url(try text("url"))
            }
            report = try await page.wait(for: awaited, timeout: .seconds(command["seconds"]?.integer ?? 10))
        default: throw Unknown(description: "'\(action)' is no action")
        }
        return self.json(report)
    }

    private func reading(_ action: String, _ command: JSONValue, _ page: BrowserPage) async throws -> JSONValue? {
        switch action {
        case "snapshot":
            let snapshot = try await page.snapshot(
                budget: command["budget"]?.integer ?? 12_000, part: command["part"]?.integer ?? 1)
            return ["url": .string(snapshot.url), "title": .string(snapshot.title), "text": .string(snapshot.text)]
        case "read":
            return ["text": .string(try await page.readText(part: command["part"]?.integer ?? 1))]
        case "find":
            return ["matches": .array(try await page.find(command["text"]?.string ?? "").map { .string($0) })]
        case "query":
            return ["elements": .array(try await page.query(command["selector"]?.string ?? "").map { .string($0) })]
        case "links":
            return [
                "links": .array(try await page.links().map { ["text": .string($0.text), "url": .string($0.url)] })
            ]
        case "tables":
            return [
                "tables": .array(
                    try await page.tables().map { .array($0.map { .array($0.map { .string($0) }) }) })
            ]
        case "screenshot":
            return ["bytes": .integer(try await page.screenshot(isAnnotated: command["annotated"] == true).count)]
        default: return nil
        }
    }

    private func tabs(_ action: String, _ command: JSONValue) async throws -> JSONValue? {
        switch action {
        case "tabs":
            return [
                "tabs": .array(
                    self.browser.tabs.map {
                        ["id": .string($0.id), "url": .string($0.url), "current": .bool($0.isCurrent)]
                    })
            ]
        case "openTab": return ["id": .string(try await self.browser.openTab().id)]
        case "switchTab":
            try await self.browser.switchTo(tab: command["tab"]?.string ?? "")
            return [:]
        case "closeTab":
            try await self.browser.closeTab(command["tab"]?.string ?? "")
            return [:]
        case "downloads":
            return [
                "downloads": .array(
                    self.browser.downloads.map {
                        [
                            "name": .string($0.name), "path": $0.path.map { .string($0) } ?? .null,
                            "bytes": .integer($0.bytes), "state": .string($0.state.rawValue),
                        ]
                    })
            ]
        default: return nil
        }
    }

    private func json(_ report: ActionReport) -> JSONValue {
        let dialogs = report.dialogs.map { dialog -> JSONValue in
            var answer = "none"
            switch dialog.answer {
            case .dismiss: answer = "dismissed"
            case .accept: answer = "accepted"
            case nil: break
            }
            return [
                "type": .string(dialog.kind.rawValue), "message": .string(dialog.message), "answer": .string(answer),
            ]
        }
        return [
            "summary": .string(report.summary), "url": .string(report.url), "title": .string(report.title),
            "notes": .array(report.notes.map { .string($0) }), "dialogs": .array(dialogs),
            "openedTabs": .array(report.openedTabs.map { .string($0) }),
            "downloads": .array(report.downloads.map { .string($0) }),
            "value": report.value.map { .string($0) } ?? .null, "focus": report.focus.map { .string($0) } ?? .null,
        ]
    }
}
