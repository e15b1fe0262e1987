import Hummingbird

/// The routes for requests with a method that their address doesn't support: 405 with `Allow`, instead of 404.
enum MethodRoutes {
    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]

    /// Adds them for all routes that a router has by now.
    static func add(to router: Router<BackendContext>) {
        for routes in Dictionary(grouping: router.routes, by: \.path.description).values {
            let supported = routes.map(\.method)
            for method in Self.methods where !supported.contains(method) {
                router.on(routes[0].path, method: method) { _, _ -> Response in
                    let allowed = supported.map(\.rawValue).joined(separator: ", ")
                    var problem = Problem(
                        .methodNotAllowed, "method_not_allowed",
                        "\(method) is not for this address. It takes \(allowed).")
                    problem.headers[.allow] = allowed
                    throw problem
                }
            }
        }
    }
}
