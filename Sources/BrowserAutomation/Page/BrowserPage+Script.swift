import AgentEvents
import Synchronization

extension BrowserPage {
    private struct Evaluation<Value: Decodable>: Decodable {
        struct Remote: Decodable { var value: Value? }
        struct Exception: Decodable {
            struct Details: Decodable { var description: String? }
            var text: String
            var exception: Details?
        }
        var result: Remote
        var exceptionDetails: Exception?
    }

    private struct World: Decodable { var executionContextId: Int }

    /// The name of the isolated world that our script runs in.
    static let worldName = "ai4ai"

    /// Calls a function of our script in the page.
    ///
    /// When the document is replaced meanwhile, the call is made again in the new one, but only if `isRepeatable`.
    func call<Value: Decodable>(
        _ function: String, _ arguments: [JSONValue] = [], isRepeatable: Bool = true, as type: Value.Type
    ) async throws -> Value {
        let list = arguments.map(\.json).joined(separator: ",")
        var attempt = 0
        while true {
            let context = try await self.context()
            do {
                return try await self.evaluate("__ai4ai.\(function)(\(list))", context)
            } catch let error as BrowserError where error.isLostContext && isRepeatable && attempt < 5 {
                attempt += 1
                self.state.withLock { state in
                    if state.contextID == context { state.contextID = nil }
                }
                _ = try await self.wait(until: .now + .seconds(1)) { [targetID] in !$0.loadingFrames.contains(targetID)
                }
            }
        }
    }

    /// Puts our script into the current document, so that the next call finds it there.
    func prepare() async throws { _ = try await self.context() }

    /// The isolated world of the current document, with our script in it.
    private func context() async throws -> Int {
        if let known = self.state.withLock({ $0.contextID }) { return known }
        var attempt = 0
        while true {
            do {
                let loader = self.state.withLock { $0.loaderID }
                let world = try await self.send(
                    "Page.createIsolatedWorld",
                    ["frameId": .string(self.targetID), "worldName": .string(Self.worldName)],
                    as: World.self)
                let script = String(decoding: PackageResources.agent_js, as: UTF8.self)
                let start = self.state.withLock { $0.lastReference }
                let _: JSONValue = try await self.evaluate(
                    "\(script);__ai4ai.startAt(\(start));null", world.executionContextId)
                self.state.withLock { state in
                    // A document that was replaced meanwhile takes its world with it.
                    if state.loaderID == loader { state.contextID = world.executionContextId }
                }
                return world.executionContextId
            } catch let error as BrowserError where error.isLostContext && attempt < 5 {
                attempt += 1
                _ = try await self.wait(until: .now + .seconds(1)) { [targetID] in !$0.loadingFrames.contains(targetID)
                }
            }
        }
    }

    private func evaluate<Value: Decodable>(_ expression: String, _ context: Int) async throws -> Value {
        let evaluation = try await self.send(
            "Runtime.evaluate",
            [
                "expression": .string(expression), "contextId": .integer(context), "returnByValue": true,
                "awaitPromise": true,
            ],
            as: Evaluation<Value>.self)
        if let exception = evaluation.exceptionDetails {
            throw BrowserError(
                .protocolFailure, "The page's script failed: \(exception.exception?.description ?? exception.text)")
        }
        if let value = evaluation.result.value { return value }
        guard let null = JSONValue.null as? Value else {
            throw BrowserError(.protocolFailure, "The page's script gave no value for \(expression.prefix(80)).")
        }
        return null
    }
}

extension BrowserError {
    /// Whether the document that a call was made in is gone.
    var isLostContext: Bool {
        self.code == .protocolFailure
            && [
                "context", "Inspected target navigated", "No frame", "Frame with the given",
                // The connection was lost between making the world and putting our script into it.
                "__ai4ai is not defined",
            ].contains {
                self.message.contains($0)
            }
    }
}
