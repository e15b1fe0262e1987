import AgentEvents
import AgentLoop
import DemoSite
import Evaluation
import PageText
import RuntimeProtocol
import TestSupport
import Testing

/// Recipes on a site that is another one than when they were recorded: they work, leave the step to the agent, or stop. They
/// never do anything else.
@Suite("Recipes on a changed site", .timeLimit(.minutes(15)))
struct RecipeMutationTests {
    static let values = ["plate": "WXY 1234"]
    /// One of each kind; the whole suite runs at night.
    static let sample: Set = [1, 6, 9, 15, 20, 22, 26, 30, 53, 61]
    static let mutations = Mutation.all.filter { Nightly.isOn || sample.contains($0.id) }
    /// The card, and the approvals of a payment.
    static let payment: [JSONValue] = [
        ["card-number": "4111111111111111"], ["approved": true], ["security-code": "123"], ["approved": true],
    ]

    /// A user who is asked about a payment of another amount does not answer.
    static func answers(_ mutation: Mutation) -> [JSONValue] {
        switch mutation.id {
        // A card number in a field for passwords needs no word of its own; the code in the other one does.
        case 60: [payment[0], payment[2], payment[1], payment[3]]
        case 30: self.payment
        default: self.payment.dropLast()
        }
    }

    static func text(_ name: String) throws -> String {
        try #require(DemoSite.recipes(at: "https://demo.example").first { $0.file == "\(name).json" }).text
    }

    @Test("without an agent, a changed site is met as it should be", arguments: mutations)
    func alone(mutation: Mutation) async throws {
        let isPayment = mutation.recipe == "pay-road-tax"
        let trial = RecipeTrial(answers: isPayment ? Self.answers(mutation) : [])
        let result = try await BrowserSlots.shared.withSlot {
            try await trial.run(try Self.text(mutation.recipe), values: Self.values, mutation: mutation)
        }
        let right = isPayment ? "The road tax of WXY 1234 is paid." : "The road tax of WXY 1234 is RM 70.00."
        switch mutation.outcome {
        case .works: #expect(result.end == .answered(right))
        case .leaves, .stops:
            if case .answered(let answer) = result.end { Issue.record("answered: \(answer)") }
        }
        // Whatever was sent is what the recipe sends; nothing else, and nothing twice.
        for sent in result.submissions {
            #expect(sent.path == (isPayment ? "/pay" : "/check") && sent.fields["plate"] == "WXY 1234")
            #expect(sent.fields["tip"] == nil)
        }
        #expect(result.submissions.count <= 1)
    }

    @Test(
        "with an agent, a step that the recipe can't do is done by it, once, and the answer is right",
        arguments: mutations.filter { $0.outcome == .leaves })
    func healed(mutation: Mutation) async throws {
        let trial = RecipeTrial(agent: HandyAgent())
        let result = try await BrowserSlots.shared.withSlot {
            try await trial.run(try Self.text(mutation.recipe), values: Self.values, mutation: mutation)
        }
        guard case .answered(let answer) = result.end else {
            Issue.record("\(result.end)")
            return
        }
        #expect(answer.contains("RM 70.00") && result.isWithAgent)
        #expect(result.submissions.map(\.path) == ["/check"])
        #expect(result.submissions.first?.fields["plate"] == "WXY 1234")
    }
}

/// An agent that knows what a person knows: what the fields of the demo site are called in other words, and what to close.
struct HandyAgent: LanguageModel {
    let name = "handy"
    let provider = "test"

    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let (tool, input) = self.decide(request.messages)
        let used = ModelEvent.usage(TokenUsage(inputTokens: 1000, outputTokens: 50))
        let turn: [ModelEvent] =
            tool == "say"
            ? .saying(input["text"]?.string ?? "") : .calling(tool, input, id: "handy-\(request.messages.count)")
        return ([used] + turn).stream
    }

    private func decide(_ messages: [Message]) -> (String, JSONValue) {
        let last = messages.last?.toolResults.last
        let done = messages.last { $0.role == .assistant }?.toolCalls.last?.name
        // What was filled in shows in the next view.
        if last?.callID.contains("recipe") == true || ["fill", "select"].contains(done) { return ("snapshot", [:]) }
        guard let view = SnapshotText.newest(in: messages), !view.controls.isEmpty else { return ("snapshot", [:]) }
        let page = view.text
        if let amount = page.firstMatch(of: /RM [\d.,]+/), page.contains("Road tax ends") {
            return ("say", ["text": .string("The road tax is \(amount.output).")])
        }
        let controls = view.controls.filter { !$0.state.contains("covered") && !$0.state.contains("disabled") }
        func control(_ names: [String]) -> SnapshotText.Control? {
            names.lazy.compactMap { name in controls.first { $0.name == name } }.first
        }
        if let close = control(["No thanks", "Only necessary", "Continue"]) {
            return ("click", ["ref": .string(close.ref)])
        }
        if let field = control(["Plate number", "Plate no.", "Nombor plat"]),
            !field.state.contains("value=\"WXY 1234\"")
        {
            if field.role == "combobox" { return ("select", ["ref": .string(field.ref), "option": "WXY 1234"]) }
            return ("fill", ["ref": .string(field.ref), "text": "WXY 1234"])
        }
        if let box = control(["I agree"]), box.state.contains("not checked") {
            return ("check", ["ref": .string(box.ref), "checked": true])
        }
        if let button = control(["Check", "Semak", "Search"]) { return ("click", ["ref": .string(button.ref)]) }
        return ("give_up", ["reason": "I don't know this page."])
    }
}
