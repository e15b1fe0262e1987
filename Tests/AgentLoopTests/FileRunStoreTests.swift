import AgentEvents
import AgentLoop
import FoundationEssentials
import Testing
import TextCoding

@Suite("File run store")
struct FileRunStoreTests {
    private static func inDirectory(_ body: (String) async throws -> Void) async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/run-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test("another process can open a saved record", arguments: ["plain", "../../etc/passwd", "Ünï code", ".", ""])
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

    @Test("a process that lost its session to another can't save anymore")
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

    @Test("a partially written file left by a crash is ignored")
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

    @Test("the error for an unreadable record contains its path, and the file stays unchanged")
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

    @Test("removing a session removes its pictures, and can be repeated", arguments: ["plain", "../../x", "", "."])
    func removes(session: String) async throws {
        try await Self.inDirectory { directory in
            let (id, other) = (SessionID(rawValue: session), SessionID(rawValue: "another"))
            let store: any RunStore = FileRunStore(directory: directory)
            _ = try await store.open(other)
            _ = try await store.open(id)
            await store.keepPicture(Data("one".utf8), named: "call-1", of: id)
            for _ in 0..<2 { try await store.remove(id) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["another"])
            #expect(try await store.read(id) == nil)
            let picture = await store.picture(named: "call-1", of: id)
            #expect(picture == nil)
            #expect(try await store.open(id).leaseEpoch == 1)
        }
    }

    @Test("a process that has an old copy of a removed record can't save it")
    func removedUnderneath() async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: "s")
            let store = FileRunStore(directory: directory)
            let record = try await store.open(id)
            try await FileRunStore(directory: directory).remove(id)
            let error = await #expect(throws: RunStoreError.self) { try await store.save(record) }
            #expect(error?.code == .conflict)
            #expect(try await store.read(id) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("no two sessions share a directory", arguments: [("x y", "x\u{2}0y"), ("a\nb", "a\u{0}ab"), ("%20", " ")])
    func names(one: String, other: String) {
        #expect(PlainName.of(one) != PlainName.of(other))
    }

    @Test("the error for a failed removal contains the path")
    func notRemoved() async throws {
        try await Self.inDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try "a file".write(toFile: "\(directory)/s", atomically: false, encoding: .utf8)
            let error = await #expect(throws: RunStoreError.self) {
                try await FileRunStore(directory: directory).remove(SessionID(rawValue: "s"))
            }
            #expect(error?.message.contains("\(directory)/s") == true)
        }
    }

    @Test("pictures are stored next to the record, under safe names, and only the owner can read them")
    func pictures() async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: "s")
            let store: any RunStore = FileRunStore(directory: directory)
            await store.keepPicture(Data("one".utf8), named: "../../call 1", of: id)
            await store.keepPicture(Data("two".utf8), named: "../../call 1", of: id)
            let reopened = FileRunStore(directory: directory)
            let kept = await reopened.picture(named: "../../call 1", of: id)
            let missing = await reopened.picture(named: "call-2", of: id)
            #expect(kept == Data("two".utf8))
            #expect(missing == nil)
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/s/pictures")
            let name = try #require(names.first)
            #expect(names == ["%2e%2e%2f%2e%2e%2fcall%201.jpg"])
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/s/pictures/\(name)")
            let permissions = try #require(attributes[.posixPermissions])
            #expect("\(permissions)" == "\(0o600)")
        }
    }

    @Test("the oldest pictures are removed when a session has too many")
    func manyPictures() async throws {
        try await Self.inDirectory { directory in
            let id = SessionID(rawValue: "s")
            let store = FileRunStore(directory: directory)
            for number in 0..<200 { await store.keepPicture(Data("p".utf8), named: "call-\(number)", of: id) }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 0)],
                ofItemAtPath: "\(directory)/s/pictures/call-7.jpg")
            await store.keepPicture(Data("p".utf8), named: "newest", of: id)
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/s/pictures")
            #expect(names.count == 200)
            #expect(names.contains("newest.jpg"))
            #expect(!names.contains("call-7.jpg"))
        }
    }

    @Test("failing to store a picture throws no error")
    func noPlaceForPictures() async throws {
        try await Self.inDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try "a file".write(toFile: "\(directory)/s", atomically: false, encoding: .utf8)
            let store = FileRunStore(directory: directory)
            await store.keepPicture(Data("p".utf8), named: "call", of: SessionID(rawValue: "s"))
            let kept = await store.picture(named: "call", of: SessionID(rawValue: "s"))
            #expect(kept == nil)
        }
    }
}
