import AgentEvents
import Waiting

/// A document that contains the injected script.
struct ScriptedDocument: Sendable {
    var frame: String
    var session: String
    var context: Int
}

extension BrowserPage {
    private struct Evaluation<Value: Decodable>: Decodable {
        struct Remote: Decodable {
            var value: Value?
            var objectId: String?
        }
        struct Exception: Decodable {
            struct Details: Decodable { var description: String? }
            var text: String
            var exception: Details?
        }
        var result: Remote
        var exceptionDetails: Exception?
    }

    private struct World: Decodable { var executionContextId: Int }

    /// The name of the isolated world that the injected script runs in.
    static let worldName = "ai4ai"

    /// The injected script, without comments and indentation, because each document gets a copy.
    private static let script: String = {
        let files = [
            PackageResources.controls_js, PackageResources.names_js, PackageResources.elements_js,
            PackageResources.lines_js, PackageResources.snapshot_js, PackageResources.walk_js,
            PackageResources.cover_js,
            PackageResources.actions_js, PackageResources.fields_js, PackageResources.uploads_js,
            PackageResources.reading_js,
            PackageResources.target_js, PackageResources.beside_js, PackageResources.obstacle_js,
            PackageResources.messages_js,
            PackageResources.clickables_js, PackageResources.marks_js, PackageResources.points_js,
            PackageResources.settle_js,
            PackageResources.exports_js,
        ]
        let lines = files.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
            .map { $0.drop(while: { $0 == " " }) }
            .filter { !$0.hasPrefix("//") && !$0.hasPrefix("/*") && !$0.hasPrefix("*") }
        return "globalThis.__ai4ai ??= (() => {\(lines.joined(separator: "\n"))\n})()"
    }()

    // MARK: Calls

    /// Calls a function of the injected script in a document.
    ///
    /// If the document is replaced during the call and `isRepeatable` is `true`, the call is repeated in the new
    /// document.
    func call<Value: Decodable>(
        _ function: String, _ arguments: [JSONValue] = [], in path: FramePath = .main, isRepeatable: Bool = true,
        within timeout: Duration? = nil, as type: Value.Type
    ) async throws -> Value {
        try await self.inDocument(path, isRepeatable: isRepeatable) { document in
            let evaluation = try await self.evaluate(
                function, arguments, document, holding: self.holdMessages(in: path),
                timeout: timeout ?? path.timeout, as: Value.self)
            if let value = evaluation.result.value { return value }
            guard let null = JSONValue.null as? Value else {
                throw BrowserError(.protocolFailure, "The page's script gave no value for \(function).")
            }
            return null
        }
    }

    /// Calls a function of the injected script, and returns its result as a remote object that CDP commands can refer
    /// to.
    /// - Returns: The object; `nil` if the function returns none.
    func object(_ function: String, _ arguments: [JSONValue] = [], in path: FramePath) async throws -> (
        id: String, document: ScriptedDocument
    )? {
        try await self.inDocument(path, isRepeatable: true) { document in
            let evaluation = try await self.evaluate(
                function, arguments, document, byValue: false, timeout: path.timeout, as: JSONValue.self)
            return evaluation.result.objectId.map { ($0, document) }
        }
    }

    private func inDocument<Value>(
        _ path: FramePath, isRepeatable: Bool, _ body: (ScriptedDocument) async throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            let document = try await self.document(path)
            do {
                return try await body(document)
            } catch let error as BrowserError where error.code == .documentReplaced && isRepeatable && attempt < 5 {
                attempt += 1
                self.forget(document)
                try await self.waitForNavigation()
            }
        }
    }

    private func forget(_ document: ScriptedDocument) {
        self.state.withLock { state in
            state.frames.documents = state.frames.documents.filter {
                $0.value.context != document.context || $0.value.session != document.session
            }
            // The next document in its place has not been asked to hold back its messages.
            if state.messages.held != nil {
                state.messages.held = state.messages.held?.filter { state.frames.documents[$0] != nil }
            }
        }
    }

    private func waitForNavigation() async throws {
        _ = try await self.wait(until: .now + .seconds(1)) { [targetID] in !$0.loading.frames.contains(targetID) }
    }

    private func evaluate<Value: Decodable>(
        _ function: String, _ arguments: [JSONValue], _ document: ScriptedDocument, holding hold: String = "",
        byValue: Bool = true, timeout: Duration? = nil, as type: Value.Type
    ) async throws -> Evaluation<Value> {
        try await self.evaluate(
            "\(hold)__ai4ai.\(function)(\(arguments.map(\.json).joined(separator: ",")))", document, byValue: byValue,
            timeout: timeout, as: type)
    }

    private func evaluate<Value: Decodable>(
        _ expression: String, _ document: ScriptedDocument, byValue: Bool, timeout: Duration? = nil,
        as type: Value.Type
    ) async throws -> Evaluation<Value> {
        let evaluation: Evaluation<Value>
        do {
            evaluation = try await self.connection.send(
                "Runtime.evaluate",
                [
                    "expression": .string(expression), "contextId": .integer(document.context),
                    "returnByValue": .bool(byValue), "awaitPromise": true,
                ],
                session: document.session, timeout: timeout, as: Evaluation<Value>.self)
        } catch let error as BrowserError where error.code == .timedOut {
            // Otherwise, a script that never ends would block the page forever.
            self.connection.post("Runtime.terminateExecution", session: document.session)
            throw BrowserError(
                .timedOut, "\(error.message) Its own scripts keep it busy; they were stopped. Look again, or reload.")
        }
        if let exception = evaluation.exceptionDetails {
            let description = exception.exception?.description ?? exception.text
            // The connection may have been lost after the isolated world was created and before the script was
            // injected.
            let isMissing = description.contains("__ai4ai is not defined")
            throw BrowserError(
                isMissing ? .documentReplaced : .protocolFailure, "The page's script failed: \(description)")
        }
        return evaluation
    }

    // MARK: Documents

    /// Injects the script into the current document, so that the next call finds it there.
    func prepare() async throws { _ = try await self.document(.main) }

    /// Returns a document that contains the injected script, injecting it if necessary.
    func document(_ path: FramePath) async throws -> ScriptedDocument {
        var attempt = 0
        while true {
            try await self.ready()
            if let known = self.state.withLock({ $0.frames.documents[path] }) { return known }
            do {
                return try await self.enter(path)
            } catch let error as BrowserError where error.code == .documentReplaced && attempt < 5 {
                attempt += 1
                try await self.waitForNavigation()
            }
        }
    }

    private func enter(_ path: FramePath) async throws -> ScriptedDocument {
        let loader = self.state.withLock { $0.loading.loaderID }
        let (frame, session) = try await self.place(of: path)
        let world = try await self.connection.send(
            "Page.createIsolatedWorld", ["frameId": .string(frame), "worldName": .string(Self.worldName)],
            session: session, timeout: path.timeout, as: World.self)
        let document = ScriptedDocument(frame: frame, session: session, context: world.executionContextId)
        let start = self.state.withLock { $0.frames.lastReferences[path] ?? 0 }
        _ = try await self.evaluate(
            "\(Self.script);__ai4ai.startAt(\(start),\(self.keys));null", document,
            byValue: true, timeout: path.timeout,
            as: JSONValue.self)
        self.state.withLock { state in
            // If the document was replaced in the meantime, its isolated world no longer exists.
            if state.loading.loaderID == loader { state.frames.documents[path] = document }
        }
        return document
    }

    /// Returns the frame that shows a document, and the CDP session through which to reach it.
    private func place(of path: FramePath) async throws -> (frame: String, session: String) {
        guard let key = path.keys.last else { return (self.targetID, self.sessionID) }
        guard let element = try await self.object("frameElement", [.string(key)], in: path.parent) else {
            throw BrowserError(.staleReference, "The frame \(path.prefix) has left the page. Take a new snapshot.")
        }
        struct Described: Decodable {
            struct Node: Decodable { var frameId: String? }
            var node: Node
        }
        let described = try await self.connection.send(
            "DOM.describeNode", ["objectId": .string(element.id)], session: element.document.session,
            as: Described.self)
        guard let frame = described.node.frameId else {
            throw BrowserError(.documentReplaced, "No frame is shown in \(path.prefix) yet.")
        }
        return (frame, self.state.withLock { $0.frames.sessions[frame] } ?? element.document.session)
    }

    struct ResolvedNode: Decodable {
        struct Object: Decodable { var objectId: String? }
        var object: Object
    }

    // MARK: Closed shadow roots

    /// Finds the suspected elements that have a closed shadow root, and gives the injected script access to the roots.
    /// - Returns: Whether any element has one.
    func openClosedRoots(in path: FramePath) async throws -> Bool {
        guard let suspects = try await self.object("takeSuspects", in: path) else { return false }
        let elements: PropertyList = try await self.properties(of: suspects.id, suspects.document.session)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for element in elements.objects {
                group.addTask { try await self.openClosedRoot(of: element, in: suspects.document) }
            }
            return try await group.reduce(false) { $0 || $1 }
        }
    }

    private struct PropertyList: Decodable {
        struct Property: Decodable {
            struct Value: Decodable { var objectId: String? }
            var name: String
            var value: Value?
        }
        var result: [Property]

        /// The object IDs of the elements of an array.
        var objects: [String] { self.result.filter { Int($0.name) != nil }.compactMap { $0.value?.objectId } }
    }

    private func properties(of object: String, _ session: String) async throws -> PropertyList {
        try await self.connection.send(
            "Runtime.getProperties", ["objectId": .string(object), "ownProperties": true], session: session,
            as: PropertyList.self)
    }

    private func openClosedRoot(of host: String, in document: ScriptedDocument) async throws -> Bool {
        struct Described: Decodable {
            struct Node: Decodable { var shadowRoots: [Root]? }
            struct Root: Decodable {
                var backendNodeId: Int
                var shadowRootType: String?
            }
            var node: Node
        }
        let described = try await self.connection.send(
            "DOM.describeNode", ["objectId": .string(host), "depth": 1, "pierce": true], session: document.session,
            as: Described.self)
        guard let root = described.node.shadowRoots?.first(where: { $0.shadowRootType == "closed" }) else {
            return false
        }
        let resolved = try await self.connection.send(
            "DOM.resolveNode",
            ["backendNodeId": .integer(root.backendNodeId), "executionContextId": .integer(document.context)],
            session: document.session, as: ResolvedNode.self)
        guard let shadow = resolved.object.objectId else { return false }
        try await self.connection.send(
            "Runtime.callFunctionOn",
            [
                "objectId": .string(shadow),
                "functionDeclaration": "function (host) { __ai4ai.adoptRoot(host, this); }",
                "arguments": [["objectId": .string(host)]],
            ], session: document.session)
        return true
    }
}
