import ChatStore
import Hummingbird
import Logging

/// The liveness and readiness endpoints. The responses contain no secrets and no host names.
struct Health: Sendable {
    let store: any ChatStore
    let runtime: RuntimeConnection

    private struct Alive: Encodable { var status = "ok" }

    private struct Check: Encodable {
        var ok: Bool
        var milliseconds: Double
    }

    private struct Ready: Encodable {
        var status: String
        var checks: [String: Check]
    }

    func add(to router: Router<BackendContext>) {
        router.get("health") { _, _ in try Response.json(Alive()) }
        router.get("health/ready") { _, context in
            async let store = self.check("store", context) { try await self.store.check() }
            async let runtime = self.check("runtime", context) { try await self.runtime.check() }
            let checks = await ["store": store, "runtime": runtime]
            let isReady = checks.values.allSatisfy(\.ok)
            return try Response.json(
                Ready(status: isReady ? "ready" : "not_ready", checks: checks),
                status: isReady ? .ok : .serviceUnavailable)
        }
    }

    private func check(
        _ name: String, _ context: BackendContext, _ body: @Sendable () async throws -> Void
    ) async -> Check {
        let began = ContinuousClock.now
        var isUsable = true
        do {
            try await body()
        } catch {
            isUsable = false
            context.logger.warning("A dependency is not ready", metadata: ["check": "\(name)", "reason": "\(error)"])
        }
        let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
        return Check(ok: isUsable, milliseconds: (milliseconds * 10).rounded() / 10)
    }
}
