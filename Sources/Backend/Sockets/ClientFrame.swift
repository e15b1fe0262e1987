import AgentEvents
import FoundationEssentials
import HTTPTypes
import RuntimeProtocol

/// A frame from a client of the human-in-the-loop socket.
enum ClientFrame {
    case hello(run: RunID?, last: Int, showsFrames: Bool)
    case authenticate(token: String)
    case message(key: String, text: String, about: String?, PromptOptions)
    case answer([InterruptAnswer])
    case ping
    case stop
    /// A frame that is forwarded to the runtime unchanged: browser control or user input.
    case passed(SocketFrame.Content)

    private struct Answer: Decodable {
        var with: [InterruptAnswer]?
    }

    /// Parses a frame.
    /// - Throws: ``Problem`` 400 or 413 that names the invalid field.
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
                text: try MessageText.check(try Self.text(value, "text")),
                about: value["about"]?.string,
                try MessageOptions.check(
                    files: value["files"]?.array?.compactMap(\.string) ?? [],
                    value["recipe"].map { try Self.recipe($0) }, result: value["result"]))
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
        case _ where ["control", "input"].contains(type.split(separator: ".").first):
            self = .passed(try Self.passed(value, type))
        default: throw Self.unknown(type)
        }
    }

    private static func recipe(_ value: JSONValue) throws -> RecipeCall {
        do {
            return try value.decode(RecipeCall.self)
        } catch {
            throw Problem(.badRequest, "invalid", "recipe needs a name, and values that are texts.")
        }
    }

    private static func unknown(_ type: String) -> Problem {
        Problem(.badRequest, "invalid", "There is no frame '\(type.prefix(50))'.")
    }

    private static func passed(_ value: JSONValue, _ type: String) throws -> SocketFrame.Content {
        do {
            return try value.decode(SocketFrame.self).content
        } catch let error as DecodingError {
            switch error {
            case .keyNotFound(let key, _):
                throw Problem(.badRequest, "invalid", "\(type) lacks a fitting \(key.stringValue).")
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                guard let key = context.codingPath.last?.stringValue, key != "type" else { throw Self.unknown(type) }
                throw Problem(.badRequest, "invalid", "\(type) lacks a fitting \(key).")
            @unknown default: throw Self.unknown(type)
            }
        }
    }

    /// The rate limit that the frame counts toward.
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
