package import AWSClient
package import AgentEvents
package import AgentLoop
import Agents
import Crypto
import FoundationEssentials
import NIOHTTP1
package import RuntimeProtocol
import Synchronization
import TextCoding

/// AgentCore Memory as long-term memory. Messages become events, from which the service's strategies extract records.
///
/// Source: Amazon Bedrock AgentCore developer guide, "Memory", and botocore's model.
package struct AgentCoreMemory: LongTermMemory {
    private static let maxText = 100_000
    private static let maxPayload = 100
    private static let maxQuery = 10_000
    private static let deletedAtOnce = 8

    private let client: AWSClient
    private let id: String
    private let configuredNamespaces: [String]
    private let recallTimeout: Duration
    private let clock = EventClock()
    private let namespaces = NamespaceCache()

    /// - Parameters:
    ///   - id: The memory's id.
    ///   - namespaces: The namespaces to search, with `{actorId}` and `{sessionId}`; if empty, those of the memory's
    ///     strategies.
    ///   - recallTimeout: The timeout for each namespace. A turn waits for the result.
    package init(
        _ client: AWSClient, id: String, namespaces: [String] = [], recallTimeout: Duration = .seconds(5)
    ) {
        self.client = client
        self.id = id
        self.configuredNamespaces = namespaces
        self.recallTimeout = recallTimeout
    }

    // MARK: Long-term memory

    package func remember(_ messages: [Message], of user: UserID, in session: SessionID) async throws {
        let payload = messages.flatMap { message -> [JSONValue] in
            let role: JSONValue = message.role == .user ? "USER" : "ASSISTANT"
            return Self.pieces(message.text).map {
                ["conversational": ["content": ["text": .string($0)], "role": role]]
            }
        }
        for start in stride(from: 0, to: payload.count, by: Self.maxPayload) {
            try await self.createEvent(
                Array(payload[start..<min(start + Self.maxPayload, payload.count)]), user, session)
        }
    }

    package func recall(_ query: String, for user: UserID, in session: SessionID) async throws -> [String] {
        let paths = try await self.namespacePaths(user, session)
        let found = await withTaskGroup(of: (Int, Result<[String], any Error>).self) { group in
            for (index, path) in paths.enumerated() {
                group.addTask {
                    do {
                        // Keep this call outside the tuple: Swift 6.3.1 loses the index there in release builds.
                        let texts = try await self.retrieve(query, path)
                        return (index, .success(texts))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        // A failed namespace does not affect the others. Throw only if all of them failed.
        let texts = paths.indices.compactMap { try? found[$0]?.get() }
        if texts.isEmpty, let failed = found.values.first { _ = try failed.get() }
        return texts.flatMap { $0 }
    }

    /// Sends the fact as a message, from which the memory's strategies extract a record.
    package func keep(_ fact: String, of user: UserID, in session: SessionID) async throws {
        try await self.remember([.user("Please remember: \(fact)")], of: user, in: session)
    }

    package func list(for user: UserID) async throws -> [RememberedFact] {
        try await self.records(
            in: try await self.namespacePaths(user, SessionID(rawValue: "")).filter { !$0.contains("//") })
    }

    private func records(in paths: [String]) async throws -> [RememberedFact] {
        var facts: [RememberedFact] = []
        for path in paths {
            var token: String?
            repeat {
                var request = try AWSRequest(
                    "ListMemoryRecords", of: .agentCore, .POST, "/memories/{memoryId}/memoryRecords",
                    labels: ["memoryId": self.id])
                var input: [String: JSONValue] = ["namespacePath": .string(path), "maxResults": 100]
                if let token { input["nextToken"] = .string(token) }
                request.setJSON(.object(input))
                let page = try await self.client.json(request)
                for record in page["memoryRecordSummaries"]?.array ?? [] {
                    guard let id = record["memoryRecordId"]?.string, let text = record["content"]?["text"]?.string
                    else { continue }
                    facts.append(RememberedFact(id: id, text: text))
                }
                token = page["nextToken"]?.string
            } while token != nil
        }
        return facts
    }

    package func forget(_ id: String, of user: UserID) async throws -> Bool {
        // The id does not reveal the owner of a record, so check that it is among the user's own records.
        guard try await self.list(for: user).contains(where: { $0.id == id }) else { return false }
        try await self.deleteRecord(id)
        return true
    }

    package func forgetAll(of user: UserID) async throws {
        try await self.concurrently(try await self.list(for: user).map(\.id)) { try await self.deleteRecord($0) }
    }

    private func deleteRecord(_ id: String) async throws {
        do {
            _ = try await self.client.json(
                AWSRequest(
                    "DeleteMemoryRecord", of: .agentCore, .DELETE,
                    "/memories/{memoryId}/memoryRecords/{memoryRecordId}",
                    labels: ["memoryId": self.id, "memoryRecordId": id]))
        } catch let error as AWSError where error.code == .notFound {
            // Somebody else has deleted it.
        }
    }

    private func concurrently(_ ids: [String], _ body: @escaping @Sendable (String) async throws -> Void) async throws {
        for first in stride(from: 0, to: ids.count, by: Self.deletedAtOnce) {
            try await withThrowingDiscardingTaskGroup { group in
                for id in ids[first..<min(first + Self.deletedAtOnce, ids.count)] {
                    group.addTask { try await body(id) }
                }
            }
        }
    }

    /// Deletes the events of a session, and what was extracted from them about the session alone. What was extracted about
    /// the user remains.
    package func forget(session: SessionID, of user: UserID) async throws {
        do {
            let events = try await self.list(user, session, includesPayloads: false)
                .compactMap { $0["eventId"]?.string }
            try await self.concurrently(events) { try await self.deleteEvent($0, user, session) }
            let own = try await self.namespacePaths(user, session).filter { $0.contains(Self.sessionID(session)) }
            try await self.concurrently(try await self.records(in: own).map(\.id)) { try await self.deleteRecord($0) }
        } catch let error as AWSError where error.code == .notFound {
            // The session never had any events.
        } catch var error as AWSError where error.code == .accessDenied {
            error.remedy =
                "Grant the role bedrock-agentcore:ListEvents, DeleteEvent, ListMemoryRecords, and DeleteMemoryRecord on the memory \(self.id)."
            throw error
        }
    }

    // MARK: Events

    private func createEvent(_ payload: [JSONValue], _ user: UserID, _ session: SessionID) async throws {
        var request = try AWSRequest(
            "CreateEvent", of: .agentCore, .POST, "/memories/{memoryId}/events", labels: ["memoryId": self.id])
        request.setJSON([
            "actorId": .string(Self.actorID(user)), "sessionId": .string(Self.sessionID(session)),
            "eventTimestamp": .number(Double(self.clock.next()) / 1000), "payload": .array(payload),
            "clientToken": .string(UUID().uuidString),
        ])
        _ = try await self.client.json(request)
    }

    /// Returns the messages of a session, oldest first. The service lists the newest first.
    package func events(of user: UserID, in session: SessionID) async throws -> [Message] {
        let events = try await self.list(user, session, includesPayloads: true)
        return events.reversed().flatMap { $0["payload"]?.array ?? [] }.compactMap { entry in
            guard let said = entry["conversational"], let text = said["content"]?["text"]?.string else { return nil }
            return said["role"]?.string == "ASSISTANT" ? .assistant(text) : .user(text)
        }
    }

    private func list(_ user: UserID, _ session: SessionID, includesPayloads: Bool) async throws -> [JSONValue] {
        var events: [JSONValue] = []
        var token: String?
        repeat {
            var request = try AWSRequest(
                "ListEvents", of: .agentCore, .POST, "/memories/{memoryId}/actor/{actorId}/sessions/{sessionId}",
                labels: [
                    "memoryId": self.id, "actorId": Self.actorID(user), "sessionId": Self.sessionID(session),
                ])
            var input: [String: JSONValue] = ["includePayloads": .bool(includesPayloads), "maxResults": 100]
            if let token { input["nextToken"] = .string(token) }
            request.setJSON(.object(input))
            let page = try await self.client.json(request)
            events += page["events"]?.array ?? []
            token = page["nextToken"]?.string
        } while token != nil
        return events
    }

    private func deleteEvent(_ event: String, _ user: UserID, _ session: SessionID) async throws {
        do {
            _ = try await self.client.json(
                AWSRequest(
                    "DeleteEvent", of: .agentCore, .DELETE,
                    "/memories/{memoryId}/actor/{actorId}/sessions/{sessionId}/events/{eventId}",
                    labels: [
                        "memoryId": self.id, "actorId": Self.actorID(user), "sessionId": Self.sessionID(session),
                        "eventId": event,
                    ]))
        } catch let error as AWSError where error.code == .notFound {
            // The event has expired, or an earlier attempt deleted it.
        }
    }

    // MARK: Records

    private func retrieve(_ query: String, _ path: String) async throws -> [String] {
        var request = try AWSRequest(
            "RetrieveMemoryRecords", of: .agentCore, .POST, "/memories/{memoryId}/retrieve",
            labels: ["memoryId": self.id])
        request.setJSON([
            "namespacePath": .string(path),
            "searchCriteria": ["searchQuery": .string(String(query.prefix(Self.maxQuery))), "topK": 10],
        ])
        request.timeout = self.recallTimeout
        let records = try await self.client.json(request)["memoryRecordSummaries"]?.array ?? []
        return records.compactMap { record in
            // Poor matches only distract the model.
            guard (record["score"]?.double ?? 1) >= 0.2 else { return nil }
            return record["content"]?["text"]?.string
        }
    }

    private func namespacePaths(_ user: UserID, _ session: SessionID) async throws -> [String] {
        let templates =
            self.configuredNamespaces.isEmpty
            ? try await self.namespaces.templates { try await self.strategyNamespaces() } : self.configuredNamespaces
        return templates.map {
            $0.replacing("{actorId}", with: Self.actorID(user)).replacing("{sessionId}", with: Self.sessionID(session))
        }
    }

    private func strategyNamespaces() async throws -> [String] {
        let request = try AWSRequest(
            "GetMemory", of: .agentCoreControl, .GET, "/memories/{memoryId}/details", labels: ["memoryId": self.id])
        let strategies = try await self.client.json(request)["memory"]?["strategies"]?.array ?? []
        return strategies.flatMap { strategy -> [String] in
            let listed = strategy["namespaceTemplates"]?.array ?? []
            let templates = (listed.isEmpty ? strategy["namespaces"]?.array ?? [] : listed).compactMap(\.string)
            return templates.map {
                $0.replacing("{memoryStrategyId}", with: strategy["strategyId"]?.string ?? "")
            }
        }
    }

    // MARK: Identifiers

    /// Splits a text between characters into pieces that fit into an event.
    static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(Self.maxText)))
            rest = rest.dropFirst(Self.maxText)
        }
        return pieces
    }

    static func actorID(_ user: UserID) -> String { self.identifier(user.rawValue, limit: 255) }

    /// Runtime session ids can have 256 characters, but Memory accepts only 100.
    static func sessionID(_ session: SessionID) -> String { self.identifier(session.rawValue, limit: 100) }

    /// Returns the id if the service accepts it, and otherwise a unique id that is derived from it.
    private static func identifier(_ id: String, limit: Int) -> String {
        let isTaken = id.utf8.enumerated().allSatisfy { index, byte in
            byte.isASCIIAlphanumeric || (index > 0 && byte.isOne(of: "-_"))
        }
        if isTaken, (1...limit).contains(id.utf8.count) { return id }
        return "id-\(SHA256.hash(data: Array(id.utf8)).prefix(24).hexadecimal)"
    }
}

/// Gives each event a unique timestamp in milliseconds. The service has no finer resolution, and the order must be
/// preserved.
private final class EventClock: Sendable {
    private let last = Mutex(0)

    func next() -> Int {
        let now = Int(Date().timeIntervalSince1970 * 1000)
        return self.last.withLock { last in
            last = max(now, last + 1)
            return last
        }
    }
}

/// The namespaces of the memory's strategies, fetched once.
private actor NamespaceCache {
    private var known: [String]?

    func templates(_ fetch: @Sendable () async throws -> [String]) async throws -> [String] {
        if let known { return known }
        let fetched = try await fetch()
        self.known = fetched
        return fetched
    }
}
