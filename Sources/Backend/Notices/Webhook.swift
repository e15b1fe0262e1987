import AgentCoreRuntime
import AgentEvents
import AsyncHTTPClient
import ChatStore
import Crypto
import FoundationEssentials
import HTTPTransport
import Logging
import NIOCore
import NIOHTTP1
import Settings

/// Notifies another program of chats whose users may be away, such as one that sends them an e-mail. It follows the Standard
/// Webhooks specification (https://github.com/standard-webhooks/standard-webhooks): each notice is signed, and is sent again
/// with the same id until it's taken.
struct Webhook: Sendable {
    /// What the other program is sent: where the chat is, and nothing that it says.
    struct Notice: Encodable, Sendable {
        struct Chat: Encodable, Sendable {
            var user_id: String
            var session_id: String
            var run_id: String
            /// The address of the chat on the page.
            var url: String
            /// Whether somebody had the chat open, and so has seen it.
            var is_watched: Bool
            /// How the run has ended: `completed`, `failed`, or `stopped`.
            var end: String?
            /// When the question expires.
            var expires_at: String?
        }

        enum Kind: String, Encodable, Sendable {
            case waiting = "chat.waiting"
            case expiring = "chat.expiring"
            case ended = "chat.ended"
        }

        var type: Kind
        var timestamp: String
        var data: Chat
    }

    /// How long to wait before each further attempt.
    private static let pauses: [Duration] = [.seconds(1), .seconds(10), .seconds(60)]
    private static let timeout = TimeAmount.seconds(20)

    private let url: String
    private let key: SymmetricKey
    private let tasks: TaskRunner
    private let logger: Logger

    /// - Parameter tasks: Sends the notices, and ends what is left at the shutdown.
    init(_ settings: BackendSettings.Webhook, tasks: TaskRunner, logger: Logger) {
        self.url = settings.url
        self.key = SymmetricKey(data: settings.key)
        self.tasks = tasks
        self.logger = logger
    }

    /// Sends a notice in the background. What can't be delivered is logged.
    func tell(_ kind: Notice.Kind, _ chat: Notice.Chat) {
        self.tasks.spawn {
            do {
                try await self.send(kind, chat)
            } catch is CancellationError {
                // The process ends.
            } catch {
                self.logger.warning(
                    "A notice could not be delivered",
                    metadata: ["session_id": "\(chat.session_id)", "error": "\(OutboundHTTP.words(error))"])
            }
        }
    }

    /// Waits in the background, and then sends a notice if it's still needed.
    func tell(
        _ kind: Notice.Kind, _ chat: Notice.Chat, at date: Date, if isNeeded: @escaping @Sendable () async -> Bool
    ) {
        self.tasks.spawn {
            try? await Task.sleep(for: .seconds(max(date.timeIntervalSinceNow, 0)))
            if !Task.isCancelled, await isNeeded() { self.tell(kind, chat) }
        }
    }

    private struct Refused: Error, CustomStringConvertible { var description: String }

    private func send(_ kind: Notice.Kind, _ chat: Notice.Chat) async throws {
        let body = try JSONEncoder().encode(Notice(type: kind, timestamp: MessageTime.now.iso8601, data: chat))
        // The same from each process that tells of it, so that the receiver can drop the second.
        let id = "msg_\(chat.run_id)_\(kind.rawValue)"
        var last = Refused(description: "")
        for pause in [Duration.zero] + Self.pauses {
            try await Task.sleep(for: pause)
            do {
                let response = try await OutboundHTTP.client.execute(
                    self.request(id, body), timeout: Self.timeout)
                if (200..<300).contains(response.status.code) { return }
                last = Refused(description: "It answered with status \(response.status.code).")
                // 410 says that nobody wants them any more.
                if response.status == .gone { break }
            } catch let error where !(error is CancellationError) {
                last = Refused(description: OutboundHTTP.words(error))
            }
        }
        throw last
    }

    private func request(_ id: String, _ body: Data) -> HTTPClientRequest {
        // Each attempt has its own time, because receivers refuse what is old.
        let time = "\(Int(Date().timeIntervalSince1970))"
        let signature = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(time).".utf8) + body, using: self.key)
        var request = HTTPClientRequest(url: self.url)
        request.method = .POST
        request.headers = [
            "content-type": "application/json", "user-agent": "ai4ai", "webhook-id": id, "webhook-timestamp": time,
            "webhook-signature": "v1,\(Data(signature).base64EncodedString())",
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }
}
