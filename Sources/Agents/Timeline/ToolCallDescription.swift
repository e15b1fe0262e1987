import AgentEvents
import AgentLoop

/// Says in words what a recorded call was to do. The names of controls are gone with the page that they were on, so
/// their references stand for them.
enum ToolCallDescription {
    static func words(for call: ToolCall) -> String {
        func input(_ key: String) -> String { call.input[key].map { $0.string ?? $0.json } ?? "?" }
        return switch call.name {
        case "browse": "Hand over: \(input("goal"))"
        case "ask_person": "Ask: \(input("question"))"
        case "hand_over": "Give the browser to the person: \(input("request"))"
        case "update_plan":
            "Plan: \(input("done")) of \(call.input["steps"]?.array?.count ?? 0) steps done"
        case "web_search": "Search the web for \"\(input("query"))\""
        case "find_playbook": "Look for a playbook: \(input("query"))"
        case "remember": "Remember: \(input("fact"))"
        case "list_memories": "Look at what is remembered"
        case "forget": "Forget \(input("id"))"
        case "navigate": "Open \(input("url"))"
        case "snapshot": "Look at the page"
        case "screenshot": "Take a picture of the page"
        case "read_page": "Read \(call.input["url"]?.string ?? "the page")"
        case "find_text": "Find \"\(input("text"))\""
        case "wait_for_text": "Wait for \"\(input("text"))\"\(call.input["gone"] == true ? " to go" : "")"
        case "scroll": "Scroll \(call.input["pages"]?.double ?? 1 < 0 ? "up" : "down")"
        case "go_back": "Go back"
        case "reload": "Load the page again"
        case "tabs": Self.tabs(call.input)
        case "downloads": "Look at the downloads"
        case "click": "\(call.input["double"] == true ? "Double-click" : "Click") \(input("ref"))"
        case "fill": "Fill \(input("ref")) with \"\(input("text"))\""
        case "type": "Type \"\(input("text"))\" into \(input("ref"))"
        case "fill_secret": "Fill the secret \(input("secret")) into \(input("ref"))"
        case "select": "Choose \"\(input("option"))\" in \(input("ref"))"
        case "check": "\(call.input["checked"] == false ? "Uncheck" : "Check") \(input("ref"))"
        case "press": "Press \(input("key"))"
        case "hover": "Point at \(input("ref"))"
        case "drag": "Drag \(input("from")) to \(input("to"))"
        default: "\(call.name) \(call.input.json)"
        }
    }

    private static func tabs(_ input: JSONValue) -> String {
        if let tab = input["switchTo"]?.string { return "Switch to tab \(tab)" }
        if let tab = input["close"]?.string { return "Close tab \(tab)" }
        return "Look at the tabs"
    }
}
