import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

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

    /// The forms that were sent, in order.
    package var submissions: [Submission] { self.received.withLock { $0 } }

    fileprivate func add(_ submission: Submission) { self.received.withLock { $0.append(submission) } }
}

/// What a path answers.
package enum PageContent: Sendable, ExpressibleByStringLiteral {
    case html(String)
    case redirect(String)
    /// Headers and body as they are; for wire formats.
    case raw(status: Int, contentType: String, body: String)

    package init(stringLiteral value: String) { self = .html(value) }

    fileprivate var response: Response {
        switch self {
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

/// Serves pages on a free port of this machine while `body` works with them.
package func withPages<Result: Sendable>(
    _ pages: [String: PageContent],
    _ body: @Sendable (PageServer, _ address: String) async throws -> Result
) async throws -> Result {
    let server = PageServer()
    let (ports, announce) = AsyncStream<Int>.makeStream()
    let router = Router()
    for (path, content) in pages {
        router.get(RouterPath(path)) { _, _ in content.response }
        router.post(RouterPath(path)) { request, _ in
            let form = try await request.body.collect(upTo: 1 << 20)
            server.add(.init(path: request.uri.path, body: String(buffer: form)))
            return content.response
        }
    }
    let app = Application(
        router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in if let port = channel.localAddress?.port { announce.yield(port) } },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { announce.finish() }
            try await app.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.next()
            throw CancellationError()
        }
        defer { group.cancelAll() }
        return try await body(server, "http://127.0.0.1:\(port)")
    }
}
