import AgentEvents
import AgentLoop
import Agents
import Foundation
import Models
import RuntimeProtocol
import Testing

/// Every tool has words for people, in the terminal and on the page; without them, they read its raw name.
@Suite("Texts of tools")
struct ToolTextsTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Backend/Page")

    private struct Search: WebSearch {
        func search(_ query: String) -> [WebSearchResult] { [] }
    }

    /// The names of all tools of both agents.
    private static func tools() async throws -> [String] {
        var names: Set = ["repeat_task"]
        for work: RunRequest.Work in [.prompt("Nothing."), .automation(AutomationTask(goal: "Nothing."))] {
            let model = ScriptedModel([.say("Done.")], abilities: ModelAbilities(seesImages: true))
            let playbook = try Playbook(
                markdown: "---\nname: a\nsites:\n- a.my\nwhen: a\nofficial_domains:\n- a.my\n---\n1. Look.",
                file: "a.md")
            _ = try await AgentBench(model, playbooks: [playbook], search: Search()).run(work)
            names.formUnion(try #require(model.requests.first).tools.map(\.name))
        }
        return names.sorted()
    }

    @Test("every tool has a title in terminals, and a title, an icon, and a name on the page")
    func texts() async throws {
        let titles = try String(contentsOf: Self.page.appending(path: "step-titles.js"), encoding: .utf8)
        let icons = try String(contentsOf: Self.page.appending(path: "run-icons.js"), encoding: .utf8)
        let words = try String(contentsOf: Self.page.appending(path: "i18n-run-en.js"), encoding: .utf8)
        let tools = try await Self.tools()
        #expect(tools.count > 30)
        for tool in tools {
            #expect(
                StepTitle.text(of: ToolStep(toolCallId: "1", tool: tool, input: [:])) != "\(tool) {}",
                "no title in StepTitle.swift")
            #expect(titles.contains("\n    \(tool): ") || titles.contains("\n    \(tool)("), "\(tool) has no title")
            #expect(icons.contains(" \(tool): \""), "\(tool) has no icon")
            #expect(words.contains("\"run.tool.\(tool)\""), "\(tool) has no name")
        }
    }
}
