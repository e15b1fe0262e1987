import AgentEvents
import AgentLoop
import FoundationEssentials
import RuntimeProtocol

/// The coordinator's tools other than delegation.
struct CoordinatorTools: Sendable {
    let context: RunContext
    let delegation: Delegation
    let playbooks: PlaybookLibrary
    let search: (any WebSearch)?
    let memory: (any LongTermMemory)?
    private let untrusted = UntrustedText()

    init(
        context: RunContext, delegation: Delegation, playbooks: PlaybookLibrary, search: (any WebSearch)?,
        memory: (any LongTermMemory)?
    ) {
        self.context = context
        self.delegation = delegation
        self.playbooks = playbooks
        self.search = search
        self.memory = memory
    }

    var all: [Tool] {
        var tools = [self.updatePlan, self.readPage]
        if !self.playbooks.playbooks.isEmpty { tools.append(self.findPlaybook) }
        if let search { tools.append(self.webSearch(search)) }
        if let memory, let user = self.context.user {
            tools += [self.remember(memory, user), self.listMemories(memory, user), self.forget(memory, user)]
        }
        return tools
    }

    // MARK: Plan

    private struct Plan: ToolInput {
        var steps: [String]
        var done: Int
        static let descriptions = [
            "steps": "All steps of the task, in the person's language, in order.",
            "done": "How many of them are done.",
        ]
    }

    private var updatePlan: Tool {
        Tool(
            "update_plan", "Shows the person the plan of a longer task, and how far it has come.", risk: .read
        ) { (input: Plan, call) in
            let steps = input.steps.enumerated().map { index, title -> JSONValue in
                let status = index < input.done ? "done" : index == input.done ? "in_progress" : "pending"
                return ["title": .string(title), "status": .string(status)]
            }
            await call.emit(.stateSnapshot(.init(snapshot: ["plan": .array(steps)])))
            return "The person sees it."
        }
    }

    // MARK: Research

    private struct Address: ToolInput {
        var url: String
        static let descriptions = ["url": "The page's address."]
    }

    private var readPage: Tool {
        Tool(
            "read_page", "Reads a web page as text. For pages where something is to be done, use browse.", risk: .read
        ) { (input: Address, call) in
            let outcome = try await self.delegation.run(
                .task(AutomationTask(goal: "Read \(input.url)", readURL: input.url)), for: call)
            guard case .completed(let text) = outcome else { return "The page could not be read." }
            // A field to search in is on most pages.
            let searching = ["textbox \"search", "textbox \"cari\"", "textbox \"q\""]
            let hasForm = text.lowercased().split(separator: "\n").contains { line in
                ["textbox \"", "combobox \""].contains { line.contains($0) }
                    && !searching.contains { line.contains($0) }
            }
            return self.untrusted.wrap(text) + (hasForm ? "\nThe page has a form. To use it, call browse." : "")
        }
    }

    private struct Query: ToolInput {
        var query: String
        static let descriptions = ["query": "What to look for, in a few words."]
    }

    private func webSearch(_ search: any WebSearch) -> Tool {
        Tool("web_search", "Finds pages on the web.", risk: .read, isParallel: true) { (input: Query, _) in
            let found = try await search.search(input.query)
            guard !found.isEmpty else { return "Nothing was found." }
            return self.untrusted.wrap(found.map { "\($0.title)\n\($0.url)\n\($0.text)" }.joined(separator: "\n\n"))
        }
    }

    private var findPlaybook: Tool {
        Tool(
            "find_playbook", "Finds written instructions for a task. Pass one to browse by its name.", risk: .read,
            isParallel: true
        ) { (input: Query, _) in
            let found = self.playbooks.find(input.query)
            guard !found.isEmpty else { return "There is no playbook for this." }
            return found.map { playbook in
                """
                Playbook \(playbook.name), for: \(playbook.when)
                Official domains: \(playbook.officialDomains.joined(separator: ", "))
                Needs the person for: \(playbook.needsPerson.joined(separator: ", "))
                \(playbook.body)
                """
            }.joined(separator: "\n\n")
        }
    }

    // MARK: Memory

    private struct Fact: ToolInput {
        var fact: String
        static let descriptions = ["fact": "One fact about the person, in one sentence."]
    }

    private struct Entry: ToolInput {
        var id: String
        static let descriptions = ["id": "The id that list_memories gives."]
    }

    private func remember(_ memory: any LongTermMemory, _ user: UserID) -> Tool {
        Tool(
            "remember", "Saves a fact for later tasks. Only what the person told you and wants saved.",
            risk: .reversibleWrite
        ) { (input: Fact, _) in
            guard !Self.looksSecret(input.fact) else {
                return "This looks like a secret, and secrets are never kept. Tell the person so."
            }
            try await memory.keep(input.fact, of: user, in: self.context.session)
            return "Saved. The person can ask to see it or delete it at any time."
        }
    }

    private func listMemories(_ memory: any LongTermMemory, _ user: UserID) -> Tool {
        Tool("list_memories", "Lists what is remembered of the person.", risk: .read) { (_: NoInput, _) in
            let facts = try await memory.list(for: user)
            return facts.isEmpty
                ? "Nothing is remembered." : facts.map { "\($0.id): \($0.text)" }.joined(separator: "\n")
        }
    }

    private func forget(_ memory: any LongTermMemory, _ user: UserID) -> Tool {
        Tool(
            "forget", "Forgets something that is remembered of the person.", risk: .reversibleWrite
        ) { (input: Entry, _) in
            try await memory.forget(input.id, of: user) ? "It is forgotten." : "There is nothing with this id."
        }
    }

    private static let secretWords = ["password", "kata laluan", "passcode", " pin ", "cvv", "cvc", "otp", "secret"]

    /// Returns whether a fact looks like a password, a code, or a number as long as a card number.
    static func looksSecret(_ fact: String) -> Bool {
        let text = " \(fact.lowercased()) "
        let digits = text.filter { !" -".contains($0) }.split { !$0.isNumber }.map(\.count).max() ?? 0
        return digits >= 13 || self.secretWords.contains { text.contains($0) }
    }
}
