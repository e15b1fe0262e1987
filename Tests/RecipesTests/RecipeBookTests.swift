import AgentEvents
import AgentLoop
import FoundationEssentials
import Logging
import RuntimeProtocol
import Testing
import Vault

@testable import Recipes

/// Where recipes are kept, and what becomes of them.
@Suite("The recipe book")
struct RecipeBookTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func withVault<Result>(_ body: (Vault, Vault) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "recipes-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = FileVaultStore(directory: directory, logger: self.quiet)
        let keys = FileVaultKeys(path: "\(directory)/key")
        return try await body(
            Vault(store: store, keys: keys, shelf: .recipes), Vault(store: store, keys: keys))
    }

    @Test("a recipe is kept for its owner, listed, changed, taken back, and removed")
    func kept() async throws {
        try await Self.withVault { vault, secrets in
            let book = RecipeBook(vault: vault, logger: Self.quiet)
            let (aminah, other) = (UserID(rawValue: "aminah"), UserID(rawValue: "other"))
            var recipe = try RecordedTask().recipe()
            try await book.put(recipe, of: aminah)
            recipe.say["en"] = "Changed."
            try await book.put(recipe, of: aminah)
            #expect(try await book.summaries(of: aminah).map(\.state) == [.draft])
            #expect(try await book.summaries(of: other).isEmpty)
            #expect(try await secrets.items(of: aminah).isEmpty)
            try await book.rollBack("tax", of: aminah)
            #expect(try await book.entry(named: "tax", of: aminah).recipe.say["en"] == "Amount due: {{Amount due}}")
            await #expect(throws: RecipeError.self) { try await book.rollBack("tax", of: aminah) }
            await #expect(throws: RecipeError.self) { try await book.remove("tax", of: other) }
            try await book.remove("tax", of: aminah)
            let error = await #expect(throws: RecipeError.self) { try await book.entry(named: "tax", of: aminah) }
            #expect(error?.code == .notFound)
        }
    }

    @Test("a recipe that came with the installation is everybody's, and nobody changes it")
    func shared() async throws {
        try await Self.withVault { vault, _ in
            let recipe = try RecordedTask().recipe()
            let book = RecipeBook(vault: vault, shared: [recipe], logger: Self.quiet)
            #expect(try await book.summaries(of: nil).map(\.state) == [.shared])
            for change in [
                { try await book.put(recipe, of: nil) }, { try await book.remove("tax", of: nil) },
                { try await book.promote("tax", of: nil) },
            ] as [() async throws -> Void] {
                let error = await #expect(throws: RecipeError.self) { try await change() }
                #expect(error?.code == .shared)
            }
        }
    }

    // MARK: History

    private static func entry() throws -> RecipeEntry { RecipeEntry(try RecordedTask().recipe()) }

    private static func note(_ entry: inout RecipeEntry, _ plate: String, _ messages: [Message], isDone: Bool = true) {
        entry.note(
            messages, values: ["plate": plate], isDone: isDone, seconds: 4, at: Date(),
            session: SessionID(rawValue: "chat"))
    }

    private static func messages(_ calls: [(id: String, name: String, label: String, approved: Bool)]) -> [Message] {
        calls.flatMap { call -> [Message] in
            var result = ToolResult(callID: call.id, text: "Done.")
            result.elements = ["ref": .init(role: "button", label: call.label)]
            result.address = call.name == "fill" ? nil : "https://tax.my/"
            result.consequential = call.approved ? true : nil
            return [
                Message(role: .assistant, content: [.toolCall(ToolCall(id: call.id, name: call.name, input: [:]))]),
                Message(role: .user, content: [.toolResult(result)]),
            ]
        }
    }

    private static let clean = messages([("recipe-1-2-act", "click", "Check", false)])

    private static func healed(approved: Bool = false) -> [Message] {
        self.messages([
            ("recipe-1-2-yield", "note", "", false), ("c1", "click", "Proceed", approved),
            ("c2", "read_page", "", false),
        ])
    }

    @Test("a recipe is trusted once it has worked three times, and suspended when it stops twice at the same step")
    func trust() throws {
        var entry = try Self.entry()
        var states = [entry.state]
        for plate in ["A 1", "A 1", "A 2", "A 3"] {
            Self.note(&entry, plate, Self.clean)
            states.append(entry.state)
        }
        #expect(states == [.draft, .tried, .tried, .tried, .trusted])
        let stopped = Self.messages([("recipe-1-1-stop", "give_up", "", false)])
        Self.note(&entry, "A 1", stopped, isDone: false)
        #expect(entry.state == .trusted)
        Self.note(&entry, "A 1", stopped, isDone: false)
        #expect(entry.state == .suspended)
        #expect(entry.summary.lastRunWentWell == false && entry.summary.seconds == 4)
    }

    @Test("what the agent did in the place of a step takes its place after three clean runs with different values")
    func healing() throws {
        var entry = try Self.entry()
        Self.note(&entry, "A 1", Self.healed())
        #expect(entry.suggestions == [2: .init(role: "button", name: "Proceed")])
        let suggested = Self.messages([("recipe-1-2-act", "click", "Proceed", false)])
        for plate in ["A 1", "A 2", "A 2"] { Self.note(&entry, plate, suggested) }
        #expect(entry.recipe.steps[2].at?.name == "Check")
        Self.note(&entry, "A 3", suggested)
        #expect(entry.recipe.steps[2].at?.name == "Proceed" && entry.suggestions.isEmpty)
        try entry.rollBack()
        #expect(entry.recipe.steps[2].at?.name == "Check")
    }

    @Test("a step that the person was asked about changes only by the person's word")
    func consequential() throws {
        var entry = try Self.entry()
        Self.note(&entry, "A 1", Self.healed(approved: true))
        let suggested = Self.messages([("recipe-1-2-act", "click", "Proceed", false)])
        for plate in ["A 1", "A 2", "A 3", "A 4"] { Self.note(&entry, plate, suggested) }
        #expect(entry.recipe.steps[2].at?.name == "Check" && entry.summary.suggestion == #"3: button "Proceed""#)
        #expect(entry.suggestions.isEmpty)
        try entry.promote()
        #expect(entry.recipe.steps[2].at?.name == "Proceed")
    }

    @Test("a suggestion has the pictures of the page as it was for the recipe, and as it was for the agent")
    func pictures() throws {
        var entry = try Self.entry()
        let before = Self.messages([("recipe-1-0-act", "navigate", "", false), ("recipe-1-1-act", "fill", "", false)])
        entry.note(
            before + Self.clean, values: ["plate": "A 1"], isDone: true, seconds: 4, at: Date(),
            session: SessionID(rawValue: "first"))
        let after = Self.messages([("recipe-7-0-act", "navigate", "", false), ("recipe-7-1-act", "fill", "", false)])
        entry.note(
            after + Self.healed(), values: ["plate": "A 2"], isDone: true, seconds: 4, at: Date(),
            session: SessionID(rawValue: "second"))
        let kept = try JSONDecoder().decode(RecipeEntry.self, from: JSONEncoder().encode(entry))
        #expect(
            kept.summary.pictures
                == .init(
                    before: .init(session: SessionID(rawValue: "first"), toolCallID: "recipe-1-0-act"),
                    after: .init(session: SessionID(rawValue: "second"), toolCallID: "recipe-7-0-act")))
    }

    @Test(
        "only one action of the same kind on one control of the same role is taken for a step",
        arguments: [
            [("recipe-1-2-yield", "note", "", false), ("c1", "fill", "Proceed", false)],
            [("recipe-1-2-yield", "note", "", false), ("c1", "click", "", false)],
            [("recipe-1-1-yield", "note", "", false), ("c1", "fill", "Plate no.", false)],
            [
                ("recipe-1-2-yield", "note", "", false), ("c1", "click", "Close", false),
                ("c2", "click", "Proceed", false),
            ],
            [("recipe-1-2-yield", "note", "", false), ("c1", "click", "Vehicle A 1", false)],
        ] as [[(id: String, name: String, label: String, approved: Bool)]])
    func unlike(calls: [(id: String, name: String, label: String, approved: Bool)]) throws {
        var entry = try Self.entry()
        Self.note(&entry, "A 1", Self.messages(calls))
        #expect(entry.suggestions.isEmpty)
    }
}
