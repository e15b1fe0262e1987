import AgentEvents
import AgentLoop
import RuntimeProtocol

@testable import Recipes

/// A task that was done on a page about road tax, as its record has it.
struct RecordedTask {
    typealias Done = (name: String, input: JSONValue, element: ToolStep.Element?, text: String, isError: Bool)

    static let field = ToolStep.Element(role: "textbox", label: "Plate number")
    static let button = ToolStep.Element(role: "button", label: "Check")
    static let page = "Road tax\n| Amount due | RM 70.00 |\n| Plate number | WXY 1234 |"

    static let calls: [Done] = [
        ("navigate", ["url": "https://tax.my/"], nil, "Opened.", false), ("snapshot", [:], nil, "Seen.", false),
        ("fill", ["ref": "e1", "text": "WXY 1"], field, "Filled.", false),
        ("fill", ["ref": "e1", "text": "WXY 1234"], field, "Filled.", false),
        ("click", ["ref": "e2"], button, "Covered.", true), ("click", ["ref": "e2"], button, "Clicked.", false),
        ("read_page", [:], nil, page, false),
    ]

    var calls: [Done] = Self.calls
    var answer = "It costs RM 70.00."
    var approved = false

    var record: RunRecord {
        var record = RunRecord(sessionID: SessionID(rawValue: "s"))
        record.status = .completed
        record.transcript = [.user("How much is the road tax for WXY 1234?")]
        for (index, call) in self.calls.enumerated() {
            record.transcript.append(
                Message(
                    role: .assistant, content: [.toolCall(ToolCall(id: "\(index)", name: call.name, input: call.input))]
                ))
            var result = ToolResult(callID: "\(index)", text: call.text, isError: call.isError)
            result.elements = call.element.map { ["ref": $0] }
            result.address = call.name == "click" ? "https://tax.my/result?plate=WXY%201234" : "https://tax.my/"
            result.heading = call.name == "click" ? "Road tax of WXY 1234" : nil
            result.consequential = self.approved && call.name == "click" ? true : nil
            record.transcript.append(Message(role: .user, content: [.toolResult(result)]))
        }
        record.transcript.append(.assistant(self.answer))
        return record
    }

    func recipe(values: [String: String] = ["plate": "WXY 1234"]) throws -> Recipe {
        var recorder = RecipeRecorder(self.record, values: values, language: .english)
        return try recorder.recipe(named: "tax")
    }
}
