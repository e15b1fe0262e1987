import AgentEvents
import AgentLoop
import Models
import RuntimeProtocol
import Testing

@testable import Agents

/// Which messages of a conversation a recipe answers.
@Suite("Recipes before the model")
struct RecipeFirstTests {
    private static let question = "How much is the road tax for WXY 1234?"
    private static let tax = RecipeSummary(
        name: "road-tax", when: ["How much is the road tax for {plate}?"], words: [["road tax"], ["how much"]],
        sites: ["tax.my"],
        parameters: [RecipeParameter(name: "plate", type: .plate)], steps: 3, state: .shared)

    /// A recipe with examples, one of which is nearly what is asked. Because it does something, it's never begun by a guess.
    private static let guessable = {
        var recipe = Self.tax
        recipe.acts = true
        recipe.when = ["Pay the road tax for {plate}"]
        recipe.words = [["road tax"], ["pay"]]
        recipe.examples = ["rodtax {plate} pls", "settle rodtax for {plate}"]
        recipe.counterexamples = ["hello", "rodtax of 2021 please", "the weather"]
        return recipe
    }()

    /// The calls of one turn, or the model's own words.
    private static func turn(
        _ messages: [Message], asked: String? = question, chosen: RecipeCall? = nil
    ) async throws -> [String] {
        let model = RecipeFirst(
            model: ScriptedModel([.say("the model")]), isProgram: false, known: [Self.tax], asked: asked,
            chosen: chosen,
            language: .english)
        return try await Self.said(model, messages)
    }

    private static func said(_ model: RecipeFirst, _ messages: [Message]) async throws -> [String] {
        var seen: [String] = []
        for try await event in model.turn(ModelRequest(system: "", messages: messages)) {
            switch event {
            case .text(let text): seen.append(text)
            case .toolCallInput(_, let input): seen.append(input)
            default: break
            }
        }
        return seen
    }

    @Test("the message that a run began with is a request")
    func first() async throws {
        let seen = try await Self.turn([.user("(What is remembered.)"), .user(Self.question)])
        #expect(seen.count == 1 && seen[0].contains("WXY 1234"))
    }

    @Test("a message after the answer is a request of its own, also before the run has ended")
    func late() async throws {
        let seen = try await Self.turn([
            .user(Self.question), .assistant("It is RM 70."), .user("How much is the road tax for ABC 5678?"),
        ])
        #expect(seen.count == 1 && seen[0].contains("ABC 5678"))
    }

    @Test("a message while the task goes on is the model's")
    func steering() async throws {
        let call = Message(role: .assistant, content: [.toolCall(ToolCall(id: "1", name: "browse", input: [:]))])
        let result = Message(role: .user, content: [.toolResult(ToolResult(callID: "1", text: "RM 70"))])
        let seen = try await Self.turn([
            .user(Self.question), call, result, .user("How much is the road tax for ABC 5678?"),
        ])
        #expect(seen == ["the model"])
    }

    private static let choosing = "recipe-choice-1"

    private static func answered(_ answer: String?) async throws -> [String] {
        let program = RecipeFirst(
            model: ScriptedModel([.say("the model")]), isProgram: true, known: [Self.guessable],
            asked: "rodtax wxy1234 please",
            chosen: nil, language: .english)
        let ask = Message(
            role: .assistant,
            content: [.toolCall(ToolCall(id: self.choosing, name: "ask_person", input: [:]))])
        var result = ToolResult(callID: self.choosing, text: "…")
        result.value = answer
        return try await Self.said(
            program, [.user("rodtax wxy1234 please"), ask, Message(role: .user, content: [.toolResult(result)])])
    }

    @Test("without a model, the user is asked about what is only likely, and what they choose is done")
    func choice() async throws {
        let program = RecipeFirst(
            model: ScriptedModel([.say("the model")]), isProgram: true, known: [Self.guessable],
            asked: "rodtax wxy1234 please",
            chosen: nil, language: .english)
        let question = try await Self.said(program, [.user("rodtax wxy1234 please")])
        #expect(question.count == 1 && question[0].contains("Pay the road tax for WXY 1234"))
        let chosen = try await Self.answered("Pay the road tax for WXY 1234")
        #expect(chosen.count == 1 && chosen[0].contains("plate=WXY 1234"))
        let other = try await Self.answered("Pay the road tax for ABC 5678")
        #expect(other.count == 1 && other[0].contains("plate=ABC 5678"))
        for none in [nil, "never mind"] {
            let said = try await Self.answered(none)
            #expect(said.count == 1 && said[0].hasPrefix("I don't know that one by heart."), "\(none ?? "declined")")
        }
    }

    @Test("a chosen recipe is for the message that it was chosen with, not for the next")
    func chosen() async throws {
        let chosen = RecipeCall(name: "road-tax", values: ["plate": "WXY 1234"])
        #expect(try await Self.turn([.user("Again")], asked: "Again", chosen: chosen)[0].contains("WXY 1234"))
        let seen = try await Self.turn(
            [.user("Again"), .assistant("It is RM 70."), .user("Thank you")], asked: "Again", chosen: chosen)
        #expect(seen == ["the model"])
    }
}
