import AgentEvents
import AgentLoop
import FoundationEssentials
import Testing

@Suite("Run records as files")
struct FileRunStoreTests {
    private static func inDirectory(_ body: (String) async throws -> Void) async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/run-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test("what was saved is there in another process", arguments: ["plain", "../../etc/passwd", "Ünï code", ".", ""])
    func survives(session: String) async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: session)
            let store = FileRunStore(directory: directory)
            var record = try await store.open(id)
            record.transcript = [.user("hello")]
            _ = try await store.save(record)
            let reopened = try await FileRunStore(directory: directory).open(id)
            #expect(reopened.transcript == [.user("hello")])
            #expect(reopened.leaseEpoch == record.leaseEpoch + 1)
            let outside = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(outside.count == 1)
        }
    }

    @Test("a process whose session was taken over cannot write any more")
    func fencing() async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: "s")
            let old = try await FileRunStore(directory: directory).open(id)
            _ = try await FileRunStore(directory: directory).open(id)
            let error = await #expect(throws: RunStoreError.self) {
                try await FileRunStore(directory: directory).save(old)
            }
            #expect(error?.code == .conflict)
        }
    }

    @Test("a half-written file of a crash does not matter")
    func crashDuringWrite() async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: "s")
            let store = FileRunStore(directory: directory)
            var record = try await store.open(id)
            record.transcript = [.user("kept")]
            _ = try await store.save(record)
            try "{\"half".write(toFile: "\(directory)/s/run.json.new", atomically: false, encoding: .utf8)
            #expect(try await FileRunStore(directory: directory).open(id).transcript == [.user("kept")])
        }
    }

    @Test("a record that cannot be read is named and left alone")
    func corrupted() async throws {
        try await Self.inDirectory { directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/s", withIntermediateDirectories: true)
            try "not json".write(toFile: "\(directory)/s/run.json", atomically: false, encoding: .utf8)
            let error = await #expect(throws: RunStoreError.self) {
                try await FileRunStore(directory: directory).open(SessionID(rawValue: "s"))
            }
            #expect(error?.message.contains("\(directory)/s/run.json") == true)
        }
    }
}
