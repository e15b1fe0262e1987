import Hummingbird

/// Answers requests with an unsupported method with 405 and an `Allow` header instead of 404.
struct MethodRoutes: Sendable {
    /// The routes and the methods that they support.
    static let pages: [(RouterPath, [HTTPRequest.Method])] = [
        ("/", [.get]), ("/chat/:id", [.get]), ("/authorize", [.get]), ("/health", [.get]), ("/health/ready", [.get]),
        ("/api/config", [.get]), ("/api/openapi.json", [.get]),
    ]
    static let api: [(RouterPath, [HTTPRequest.Method])] = [
        ("me", [.get]), ("sessions", [.get, .post]), ("sessions/:id", [.get, .patch, .delete]),
        ("sessions/:id/messages", [.get, .post]), ("sessions/:id/events", [.get]), ("sessions/:id/stop", [.post]),
        ("sessions/:id/interrupts/:interrupt", [.post]), ("sessions/:id/browser/control", [.post]),
        ("sessions/:id/browser/live-view", [.post]), ("sessions/:id/pictures/:picture", [.get]),
    ]

    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]

    static func add(_ routes: [(RouterPath, [HTTPRequest.Method])], to router: some RouterMethods<BackendContext>) {
        for (path, known) in routes {
            for method in Self.methods where !known.contains(method) {
                router.on(path, method: method) { _, _ -> Response in
                    var problem = Problem(
                        .methodNotAllowed, "method_not_allowed",
                        "\(method) is not for this address. It takes \(known.map(\.rawValue).joined(separator: ", ")).")
                    problem.headers[.allow] = known.map(\.rawValue).joined(separator: ", ")
                    throw problem
                }
            }
        }
    }
}
