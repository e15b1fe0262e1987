public import AgentEvents
public import AgentLoop
import DurableFile
import FoundationEssentials
public import RuntimeProtocol
import TextCoding

/// Stores the facts that users want remembered, in one file per user. It stores only explicitly saved facts.
public actor FileMemory: LongTermMemory {
    private static let most = 500

    private let root: String

    /// Creates a memory below a directory. The directory is created on first use.
    public init(directory: String) { self.root = directory }

    public func recall(_ query: String, for user: UserID, in session: SessionID) throws -> [String] {
        let wanted = Self.words(query)
        let facts = try self.facts(of: user).map { ($0.text, Self.words($0.text).intersection(wanted).count) }
        // A short list is returned whole, because some facts, such as the user's name, matter for every request.
        return facts.count <= 20
            ? facts.map(\.0) : facts.filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.prefix(20).map(\.0)
    }

    public func remember(_ messages: [Message], of user: UserID, in session: SessionID) {}

    public func keep(_ fact: String, of user: UserID, in session: SessionID) throws {
        var facts = try self.facts(of: user).filter { $0.text != fact }
        facts.append(RememberedFact(id: "mem-\(UUID().uuidString.lowercased())", text: fact))
        try self.write(Array(facts.suffix(Self.most)), of: user)
    }

    public func list(for user: UserID) throws -> [RememberedFact] { try self.facts(of: user) }

    public func forget(_ id: String, of user: UserID) throws -> Bool {
        let facts = try self.facts(of: user)
        let left = facts.filter { $0.id != id }
        try self.write(left, of: user)
        return left.count < facts.count
    }

    public func forgetAll(of user: UserID) throws { try self.write([], of: user) }

    private func path(_ user: UserID) -> String { "\(self.root)/\(PlainName.of(user.rawValue)).json" }

    private func facts(of user: UserID) throws -> [RememberedFact] {
        let path = self.path(user)
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try JSONDecoder().decode([RememberedFact].self, from: Data(contentsOf: URL(filePath: path)))
    }

    private func write(_ facts: [RememberedFact], of user: UserID) throws {
        try FileManager.default.createDirectory(
            atPath: self.root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try DurableFile.replace(self.path(user), with: try JSONEncoder().encode(facts))
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count > 2 }.map(String.init))
    }
}
