import AgentEvents
import RuntimeProtocol
import Testing

@Suite("Step titles")
struct StepTitleTests {
    private static let pay = ToolStep.Element(role: "button", label: "Pay")

    private static func title(
        _ tool: String, _ input: JSONValue = [:], _ elements: [String: ToolStep.Element]? = nil,
        in language: UserLanguage = .english
    ) -> String {
        StepTitle.text(of: ToolStep(toolCallId: "1", tool: tool, input: input, elements: elements), in: language)
    }

    @Test("a title names the element, in the user's language")
    func element() {
        #expect(Self.title("click", ["ref": "e5"], ["ref": Self.pay]) == "Click button \"Pay\"")
        #expect(Self.title("click", ["ref": "e5"], ["ref": Self.pay], in: .malay) == "Klik button \"Pay\"")
        #expect(
            Self.title("click", ["ref": "e5", "kind": "double"], ["ref": Self.pay]) == "Double-click button \"Pay\"")
    }

    @Test("a title names the reference of an unknown element")
    func unknownElement() { #expect(Self.title("hover", ["ref": "e5"]) == "Point at e5") }

    @Test("arguments that change the action change the title")
    func variants() {
        #expect(Self.title("scroll", ["pages": -1]) != Self.title("scroll", ["pages": 1]))
        #expect(Self.title("tabs", ["close": "t2"]) != Self.title("tabs", ["switchTo": "t2"]))
        #expect(
            Self.title("check", ["ref": "e1", "checked": false]) != Self.title("check", ["ref": "e1", "checked": true]))
        #expect(Self.title("wait_for_text", ["text": "x", "gone": true]) != Self.title("wait_for_text", ["text": "x"]))
        #expect(Self.title("read_page", ["url": "https://a.example"]) != Self.title("read_page"))
    }

    @Test("the title of an unknown tool contains its input")
    func unknownTool() { #expect(Self.title("brew", ["cups": 2]) == "brew {\"cups\":2}") }

    @Test("a long text is truncated, and a call without arguments has a title")
    func hostileInput() {
        let long = String(repeating: "x", count: 5_000)
        #expect(Self.title("fill", ["ref": "e1", "text": .string(long)]).count < 400)
        for tool in ["click", "fill", "drag", "update_plan", "forget", "navigate"] {
            #expect(!Self.title(tool).isEmpty)
        }
    }
}
