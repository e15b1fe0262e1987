import AgentEvents
import FoundationEssentials
import HTTPTypes

/// A frame that a client of the human-in-the-loop socket sends.
enum HumanFrame {
    case hello(run: RunID?, last: Int, showsFrames: Bool)
    case authenticate(token: String)
    case message(key: String, text: String)
    case answer([InterruptAnswer])
    case ping
    case stop
    /// For the runtime as it is: control, and what the person does in the browser.
    case passed(JSONValue)

    /// What each frame for the runtime must have.
    private static let passedTypes: [String: [String: @Sendable (JSONValue) -> Bool]] = [
        "control.take": [:], "control.release": [:], "control.renew": [:],
        "input.mouse": [
            "action": { ["move", "down", "up"].contains($0.string) }, "x": { $0.double != nil },
            "y": { $0.double != nil },
        ],
        "input.wheel": ["x": { $0.double != nil }, "y": { $0.double != nil }],
        "input.key": ["key": { $0.string != nil }], "input.text": ["text": { $0.string != nil }],
        "input.dialog": ["accept": { $0 == true || $0 == false }], "input.navigate": ["url": { $0.string != nil }],
        "input.back": [:], "input.forward": [:], "input.reload": [:], "input.tab": ["tab": { $0.string != nil }],
    ]

    private struct Answer: Decodable {
        var with: [InterruptAnswer]?
    }

    /// - Throws: ``Problem`` that says what is wrong with it.
    init(_ text: String) throws {
        guard let value = try? JSONValue(json: text), let type = value["type"]?.string else {
            throw Problem(.badRequest, "invalid", "A frame is a JSON object with a type.")
        }
        switch type {
        case "hello":
            self = .hello(
                run: value["run_id"]?.string.map { RunID(rawValue: $0) }, last: max(value["last_seq"]?.integer ?? 0, 0),
                showsFrames: value["frames"] == true)
        case "auth": self = .authenticate(token: try Self.text(value, "token"))
        case "user.message":
            self = .message(
                key: try MessageKey.check(try Self.text(value, "client_message_id"), "client_message_id"),
                text: try MessageText.check(try Self.text(value, "text")))
        case "interrupt.resolve":
            do {
                let others: Answer = try value.decode()
                self = .answer([try value.decode(InterruptAnswer.self)] + (others.with ?? []))
            } catch {
                throw Problem(
                    .badRequest, "invalid",
                    "interrupt.resolve needs interruptId, status (resolved or cancelled) and payload.")
            }
        case "ping": self = .ping
        case "run.stop": self = .stop
        case _ where Self.passedTypes[type] != nil:
            for (name, fits) in Self.passedTypes[type] ?? [:] where value[name].map(fits) != true {
                throw Problem(.badRequest, "invalid", "\(type) lacks a fitting \(name).")
            }
            self = .passed(value)
        default: throw Problem(.badRequest, "invalid", "There is no frame '\(type.prefix(50))'.")
        }
    }

    /// By which limit it counts.
    var kind: RateLimits.Kind {
        switch self {
        case .message: .message
        case .ping, .passed: .input
        case .hello, .authenticate, .answer, .stop: .request
        }
    }

    private static func text(_ value: JSONValue, _ name: String) throws -> String {
        guard let text = value[name]?.string else { throw Problem(.badRequest, "invalid", "The frame lacks \(name).") }
        return text
    }
}
