import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import WebSocket

/// A small website of a test: pages by path, and the forms that it was sent.
package final class PageServer: Sendable {
    package struct Submission: Sendable, Hashable {
        package var path: String
        package var body: String

        package init(path: String, body: String) {
            self.path = path
            self.body = body
        }
    }

    private let received = Mutex<[Submission]>([])
    private let submitted = Signal()
    private let asked = Mutex<[Request]>([])

    /// Any request, answered or not.
    package struct Request: Sendable, Hashable {
        package var host: String
        package var path: String
        package var query = ""

        /// The path with its query.
        package var target: String { self.query.isEmpty ? self.path : "\(self.path)?\(self.query)" }
    }

    /// All requests, in order.
    package var requests: [Request] { self.asked.withLock { $0 } }

    /// The forms that were sent, in order.
    package var submissions: [Submission] { self.received.withLock { $0 } }

    /// Returns once a form was sent.
    package func firstSubmission() async { await self.submitted.wait() }

    fileprivate func add(_ submission: Submission) {
        self.received.withLock { $0.append(submission) }
        self.submitted.fire()
    }

    fileprivate func add(_ request: Request) { self.asked.withLock { $0.append(request) } }
}

/// Takes note of every request, also of those for which there is no page.
private struct Recorder: RouterMiddleware {
    let server: PageServer

    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        self.server.add(
            .init(host: request.head.authority ?? "", path: request.uri.path, query: request.uri.query ?? ""))
        return try await next(request, context)
    }
}

/// What a path answers.
package enum PageContent: Sendable, ExpressibleByStringLiteral {
    case html(String)
    case redirect(String)
    /// Headers and body as they are; for wire formats.
    case raw(status: Int, contentType: String, body: String)
    /// A file to be saved under a name.
    case file(name: String, body: String)
    /// What comes on a stream, piece by piece, until it ends. One request uses it up.
    case pieces(AsyncStream<String>, contentType: String)
    /// The script in the `code` of its query.
    case script
    /// Nothing, as soon as the signal has fired.
    case nothing(after: Signal)

    package init(stringLiteral value: String) { self = .html(value) }

    fileprivate func response(to request: Request) async -> Response {
        if case .nothing(let signal) = self { await signal.wait() }
        return switch self {
        case .nothing: Response(status: .noContent)
        case .file(let name, let body):
            Response(
                status: .ok,
                headers: [
                    .contentType: "application/octet-stream",
                    .contentDisposition: "attachment; filename=\"\(name)\"",
                ], body: .init(byteBuffer: ByteBuffer(string: body)))
        case .pieces(let pieces, let contentType):
            Response(
                status: .ok, headers: [.contentType: contentType],
                body: .init { writer in
                    for await piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
                    try await writer.finish(nil)
                })
        case .script:
            Response(
                status: .ok, headers: [.contentType: "text/javascript"],
                body: .init(
                    byteBuffer: ByteBuffer(string: request.uri.queryParameters["code"].map(String.init) ?? "")))
        case .html(let body):
            Response(
                status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: "<!doctype html><title>Test</title>\(body)")))
        case .redirect(let location): .redirect(to: location, type: .normal)
        case .raw(let status, let contentType, let body):
            Response(
                status: .init(code: status), headers: [.contentType: contentType],
                body: .init(byteBuffer: ByteBuffer(string: body)))
        }
    }
}

private func socket(_ server: PageServer) -> WebSocketUpgradeHandler {
    WebSocketUpgradeHandler(maxMessageSize: 1 << 20) { request in
        guard request.path?.hasPrefix("/socket") == true else { return .pass }
        return .accept([:]) { connection in
            // Ends with the connection.
            Task {
                for try await message in connection.messages {
                    server.add(.init(path: "/socket", body: String(buffer: message.data)))
                }
            }
        }
    }
}

/// Serves pages on a free port of this machine while `body` works with them. At `/socket` is a WebSocket; what it is sent is
/// among the submissions.
package func withPages<Result: Sendable>(
    _ pages: [String: PageContent],
    _ body: @Sendable (PageServer, _ address: String) async throws -> Result
) async throws -> Result {
    let server = PageServer()
    let (channels, announce) = AsyncStream<any Channel>.makeStream()
    let router = Router()
    router.add(middleware: Recorder(server: server))
    for (path, content) in pages {
        router.get(RouterPath(path)) { request, _ in await content.response(to: request) }
        router.post(RouterPath(path)) { request, _ in
            let form = try await request.body.collect(upTo: 1 << 20)
            server.add(.init(path: request.uri.path, body: String(buffer: form)))
            return await content.response(to: request)
        }
    }
    let app = Application(
        router: router, server: .http1(configuration: .init(additionalChannelHandlers: [socket(server)])),
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { announce.yield($0) },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { announce.finish() }
            try await app.run()
        }
        guard let channel = await channels.first(where: { _ in true }), let port = channel.localAddress?.port else {
            try await group.next()
            throw CancellationError()
        }
        let result: Result
        do {
            result = try await body(server, "http://127.0.0.1:\(port)")
        } catch {
            await stopAccepting(channel, app.eventLoopGroup)
            group.cancelAll()
            throw error
        }
        await stopAccepting(channel, app.eventLoopGroup)
        group.cancelAll()
        return result
    }
}

/// Stops accepting connections, and waits for those that are being accepted. If the server ends in the meantime, NIO ends the
/// process: "Deinited NIOAsyncWriter without calling finish()".
private func stopAccepting(_ channel: any Channel, _ loops: any EventLoopGroup) async {
    // A channel that is closed already accepts nothing.
    try? await channel.setOption(.autoRead, value: false).get()
    for _ in 1...2 {
        for loop in loops.makeIterator() { try? await loop.submit {}.get() }
    }
    try? await channel.close().get()
}
