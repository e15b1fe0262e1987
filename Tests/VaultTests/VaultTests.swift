import AgentEvents
import FoundationEssentials
import Logging
import RuntimeProtocol
import Synchronization
import Testing

@testable import Vault

@Suite("Vault")
struct VaultTests {
    private static let aminah = UserID(rawValue: "aminah")
    private static let secret = NewSecret(name: "password", site: "https://tax.example/login", value: "hunter2-blue")

    /// A vault in an empty directory, with a clock that the test sets.
    private final class Bench: Sendable {
        let directory = "\(FileManager.default.temporaryDirectory.path)/vault-\(UUID())"
        let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        let pauses = Mutex<[Int]>([])

        var vault: Vault {
            Vault(
                store: FileVaultStore(
                    directory: "\(self.directory)/items",
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
                keys: FileVaultKeys(path: "\(self.directory)/key"), now: { self.time.withLock { $0 } },
                wait: { seconds in
                    self.pauses.withLock { $0.append(seconds) }
                    self.time.withLock { $0 += TimeInterval(seconds) }
                })
        }

        /// The files of the vault, by path.
        func files() throws -> [String: Data] {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: self.directory)
            return Dictionary(
                uniqueKeysWithValues: paths.map { "\(self.directory)/\($0)" }
                    .compactMap { path in FileManager.default.contents(atPath: path).map { (path, $0) } })
        }

        func itemFile() throws -> String { try #require(try self.files().keys.first { $0.hasSuffix(".json") }) }

        deinit { try? FileManager.default.removeItem(atPath: self.directory) }
    }

    @Test("a secret is listed without its value, used by its owner, and stored only encrypted")
    func keeping() async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: Self.aminah)
        let items = try await bench.vault.items(of: Self.aminah)
        #expect(items.map(\.site) == ["https://tax.example"] && items.map(\.name) == ["password"])
        #expect(try await bench.vault.use(items[0], of: Self.aminah) == "hunter2-blue")
        #expect(try await bench.vault.items(of: Self.aminah).first?.lastUsedAt != nil)
        for (path, data) in try bench.files() {
            #expect(!String(decoding: data, as: UTF8.self).contains("hunter2"), "\(path)")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(path)")
        }
    }

    @Test("nobody else has what a user keeps")
    func owners() async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: Self.aminah)
        let item = try await bench.vault.items(of: Self.aminah)[0]
        for other in [UserID(rawValue: "siti"), UserID(rawValue: "../aminah"), UserID(rawValue: "Aminah"), nil] {
            #expect(try await bench.vault.items(of: other).isEmpty)
            let error = await #expect(throws: VaultError.self) { try await bench.vault.use(item, of: other) }
            #expect(error?.code == .notFound)
        }
    }

    @Test("an item that was changed, or put in another's place, can't be read", arguments: 0..<5)
    func tampering(way: Int) async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: Self.aminah)
        let path = try bench.itemFile()
        var sealed = try JSONDecoder().decode(SealedItem.self, from: try #require(bench.files()[path]))
        switch way {
        case 0: sealed.content[sealed.content.count - 1] ^= 1
        case 1: sealed.key[0] ^= 1
        case 2: sealed.item.site = "https://evil.example"
        case 3: sealed.item.generation = "other"
        default: sealed.item.name = "other"
        }
        try JSONEncoder().encode(sealed).write(to: URL(filePath: path))
        let listed = try #require(try await bench.vault.items(of: Self.aminah).first)
        let error = await #expect(throws: VaultError.self) { try await bench.vault.use(listed, of: Self.aminah) }
        #expect(error?.code == .unreadable)
    }

    @Test("another owner's item can't be put in place of one's own")
    func swapping() async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: Self.aminah)
        let path = try bench.itemFile()
        let siti = UserID(rawValue: "siti")
        try await bench.vault.keep(Self.secret, of: siti)
        let own = try #require(try bench.files().keys.first { $0.hasSuffix(".json") && $0 != path })
        try FileManager.default.removeItem(atPath: own)
        try FileManager.default.copyItem(atPath: path, toPath: own)
        let item = try #require(try await bench.vault.items(of: siti).first)
        let error = await #expect(throws: VaultError.self) { try await bench.vault.use(item, of: siti) }
        #expect(error?.code == .unreadable)
    }

    @Test("after the key was lost, a secret is reported as unreadable, and can be kept again")
    func lostKey() async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: nil)
        try FileManager.default.removeItem(atPath: "\(bench.directory)/key")
        let item = try await bench.vault.items(of: nil)[0]
        let error = await #expect(throws: VaultError.self) { try await bench.vault.use(item, of: nil) }
        #expect(error?.code == .unreadable && error?.description.contains("key") == true)
        try await bench.vault.keep(Self.secret, of: nil)
        let again = try await bench.vault.items(of: nil)[0]
        #expect(try await bench.vault.use(again, of: nil) == "hunter2-blue")
    }

    @Test("a key that isn't whole is reported to the operator, and not replaced")
    func brokenKey() async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: nil)
        try Data("short".utf8).write(to: URL(filePath: "\(bench.directory)/key"))
        let error = await #expect(throws: VaultError.self) { try await bench.vault.keep(Self.secret, of: nil) }
        #expect(error?.code == .unusable && error?.reason.contains("32 bytes") == true)
    }

    @Test("a file that can't be read doesn't cost the others", arguments: ["", "{", "[]", "{\"item\": {}}"])
    func corruptFile(content: String) async throws {
        let bench = Bench()
        try await bench.vault.keep(Self.secret, of: nil)
        let path = try bench.itemFile()
        try Data(content.utf8).write(to: URL(filePath: path))
        try await bench.vault.keep(NewSecret(name: "other", site: "tax.example", value: "x"), of: nil)
        #expect(try await bench.vault.items(of: nil).map(\.name) == ["other"])
        try await bench.vault.keep(Self.secret, of: nil)
        #expect(try await bench.vault.items(of: nil).count == 2)
    }

    @Test("what was forgotten stays forgotten, also for a task that still uses it")
    func forgetting() async throws {
        let bench = Bench()
        let item = bench.vault.newItem(.signIn, site: "tax.example", of: nil)
        try await bench.vault.put(item, of: nil) { (_: String?) in "state" }
        try await bench.vault.forget(item.id, of: nil)
        func change() async -> VaultError? {
            await #expect(throws: VaultError.self) {
                try await bench.vault.change(item, of: nil) { (_: String, _) in "newer" }
            }
        }
        #expect(await change()?.code == .notFound)
        // What is kept again is another item.
        try await bench.vault.put(bench.vault.newItem(.signIn, site: "tax.example", of: nil), of: nil) {
            (_: String?) in "state"
        }
        #expect(await change()?.code == .notFound)
        try await bench.vault.keep(Self.secret, of: nil)
        try await bench.vault.forgetAll(of: nil)
        #expect(try await bench.vault.items(of: nil).isEmpty)
        #expect(try bench.files().keys.allSatisfy { $0.hasSuffix("/key") || $0.hasSuffix("/lock") })
    }

    @Test("what has expired is gone")
    func expiry() async throws {
        let bench = Bench()
        let item = bench.vault.newItem(.signIn, site: "tax.example", of: nil, lifetime: .seconds(100))
        try await bench.vault.put(item, of: nil) { (_: String?) in "state" }
        bench.time.withLock { $0 += 99 }
        #expect(try await bench.vault.items(of: nil).count == 1)
        bench.time.withLock { $0 += 1 }
        let error = await #expect(throws: VaultError.self) {
            try await bench.vault.change(item, of: nil) { (state: String, _) in state }
        }
        #expect(error?.code == .notFound)
        #expect(try await bench.vault.items(of: nil).isEmpty)
        #expect(try !bench.files().keys.contains { $0.hasSuffix(".json") })
    }

    @Test("changes at the same time are all kept")
    func concurrency() async throws {
        let bench = Bench()
        let item = bench.vault.newItem(.signIn, site: "tax.example", of: nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask { try await bench.vault.put(item, of: nil) { ($0 ?? []) + [number] } }
            }
            try await group.waitForAll()
        }
        #expect(try await bench.vault.content(of: item, of: nil, as: [Int].self).sorted() == [0, 1, 2, 3, 4])
    }

    @Test("no one-time code is given out twice, and none that is about to end")
    func codes() async throws {
        let bench = Bench()
        try await bench.vault.keep(
            NewSecret(kind: .oneTimeCode, name: "code", site: "tax.example", value: "JBSWY3DPEHPK3PXP"), of: nil)
        let item = try await bench.vault.items(of: nil)[0]
        let first = try await bench.vault.use(item, of: nil)
        #expect(bench.pauses.withLock { $0 } == [])
        // Another process, in the same window.
        let second = try await bench.vault.use(item, of: nil)
        #expect(first != second && bench.pauses.withLock { $0 } == [30])
        bench.time.withLock { $0 += 56 }
        _ = try await bench.vault.use(item, of: nil)
        #expect(bench.pauses.withLock { $0 } == [30, 4])
    }

    @Test("no two of many at once get the same one-time code")
    func codesAtOnce() async throws {
        let bench = Bench()
        try await bench.vault.keep(
            NewSecret(kind: .oneTimeCode, name: "code", site: "tax.example", value: "JBSWY3DPEHPK3PXP"), of: nil)
        let item = try await bench.vault.items(of: nil)[0]
        let codes = try await withThrowingTaskGroup(of: String.self) { group in
            // Another vault is as another process.
            for _ in 0..<4 { group.addTask { try await bench.vault.use(item, of: nil) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(codes.count == 4)
    }

    @Test("a key that is kept again gives out no code again")
    func keptAgain() async throws {
        let bench = Bench()
        let key = NewSecret(kind: .oneTimeCode, name: "code", site: "tax.example", value: "JBSWY3DPEHPK3PXP")
        var codes: Set<String> = []
        for _ in 0..<3 {
            try await bench.vault.keep(key, of: nil)
            codes.insert(try await bench.vault.use(try await bench.vault.items(of: nil)[0], of: nil))
        }
        #expect(codes.count == 3)
    }

    @Test("a clock that was ahead leads to an error instead of a long wait")
    func clockAhead() async throws {
        let bench = Bench()
        try await bench.vault.keep(
            NewSecret(kind: .oneTimeCode, name: "code", site: "tax.example", value: "JBSWY3DPEHPK3PXP"), of: nil)
        let item = try await bench.vault.items(of: nil)[0]
        _ = try await bench.vault.use(item, of: nil)
        bench.time.withLock { $0 -= 3600 }
        let error = await #expect(throws: VaultError.self) { try await bench.vault.use(item, of: nil) }
        #expect(error?.description.contains("clock") == true && bench.pauses.withLock { $0.isEmpty })
    }

    @Test("two things for one site have two names")
    func sameName() async throws {
        let bench = Bench()
        try await bench.vault.keep(NewSecret(name: "code", site: "tax.example", value: "x"), of: nil)
        let error = await #expect(throws: VaultError.self) {
            try await bench.vault.keep(
                NewSecret(kind: .oneTimeCode, name: "code", site: "tax.example", value: "JBSWY3DPEHPK3PXP"), of: nil)
        }
        #expect(error?.code == .invalid)
    }

    @Test("what is encrypted for one purpose of one user opens for nothing else")
    func sealing() async throws {
        let bench = Bench()
        let sealed = try await bench.vault.seal("state", for: "browser of a", of: Self.aminah)
        #expect(try await bench.vault.open(sealed, for: "browser of a", of: Self.aminah, as: String.self) == "state")
        for (purpose, user) in [("browser of b", Self.aminah), ("browser of a", UserID(rawValue: "siti"))] {
            let error = await #expect(throws: VaultError.self) {
                try await bench.vault.open(sealed, for: purpose, of: user, as: String.self)
            }
            #expect(error?.code == .unreadable)
        }
    }

    @Test(
        "a secret that can't be used is refused with the reason",
        arguments: [
            NewSecret(name: "", site: "tax.example", value: "x"),
            NewSecret(name: "a<b", site: "tax.example", value: "x"),
            NewSecret(name: "a\nb", site: "tax.example", value: "x"),
            NewSecret(name: "   ", site: "tax.example", value: "x"),
            NewSecret(name: "a\u{E0041}b", site: "tax.example", value: "x"),
            NewSecret(name: "a\u{301}\u{301}b", site: "tax.example", value: "x"),
            NewSecret(name: "a", site: "b\u{FC}cher.example", value: "x"),
            NewSecret(name: "a", site: "https://*.example.com", value: "x"),
            NewSecret(name: "a", site: "https://tax.example:99999", value: "x"),
            NewSecret(name: "a", site: "bank .example", value: "x"),
            NewSecret(name: String(repeating: "a", count: 61), site: "tax.example", value: "x"),
            NewSecret(name: "a", site: "", value: "x"), NewSecret(name: "a", site: "ftp://tax.example", value: "x"),
            NewSecret(name: "a", site: "https://u:p@tax.example", value: "x"),
            NewSecret(name: "a", site: "javascript:alert(1)", value: "x"),
            NewSecret(name: "a", site: "tax.example", value: ""),
            NewSecret(name: "a", site: "tax.example", value: String(repeating: "x", count: 5000)),
            NewSecret(kind: .oneTimeCode, name: "a", site: "tax.example", value: "hello"),
            NewSecret(kind: .signIn, name: "a", site: "tax.example", value: "x"),
        ])
    func refusals(secret: NewSecret) async throws {
        let bench = Bench()
        let error = await #expect(throws: VaultError.self) { try await bench.vault.keep(secret, of: nil) }
        #expect(error?.code == .invalid)
        #expect(try await bench.vault.items(of: nil).isEmpty)
    }

    @Test(
        "a secret belongs to the origin of its address",
        arguments: [
            ("tax.example", "https://tax.example"), ("HTTPS://Tax.Example:443/a?b", "https://tax.example"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"), ("http://tax.example:80", "http://tax.example"),
            (" https://tax.example ", "https://tax.example"), ("http://[::1]:8080/", "http://[::1]:8080"),
        ])
    func origins(address: String, origin: String) throws {
        #expect(try Vault.origin(of: address) == origin)
    }
}
