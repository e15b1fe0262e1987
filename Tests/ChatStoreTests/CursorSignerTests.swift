import AgentEvents
import ChatStore
import Testing

@Suite("Signed cursors")
struct CursorSignerTests {
    private static let signer = CursorSigner(secret: Array(0..<32))
    private static let place = SessionPosition(
        updatedAt: MessageTime(rawValue: 1_700_000_000_123_456_789), id: SessionID(rawValue: "0198-ä"))
    private static let scope = ["ann", "chat-1"]

    private static func read(_ cursor: String, scope: [String] = Self.scope) throws -> SessionPosition {
        try self.signer.place(SessionPosition.self, from: cursor, scope: scope)
    }

    @Test("a cursor can be resolved, also by another process")
    func roundTrip() throws {
        let cursor = try Self.signer.cursor(for: Self.place, scope: Self.scope)
        let other = CursorSigner(secret: Array(0..<32))
        #expect(try Self.read(cursor) == Self.place)
        #expect(try other.place(SessionPosition.self, from: cursor, scope: Self.scope) == Self.place)
        #expect(cursor.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
        let time = try Self.signer.cursor(for: Self.place.updatedAt, scope: Self.scope)
        #expect(try Self.signer.place(MessageTime.self, from: time, scope: Self.scope) == Self.place.updatedAt)
    }

    @Test(
        "a cursor is invalid for another user or list",
        arguments: [
            ["bob", "chat-1"], ["ann", "chat-2"], ["ann"], [], ["ann", "chat-1", ""], ["annchat-1"],
            ["ann", "chat-", "1"],
            ["ann:6", "chat-1"], ["ann6:chat-1"],
        ])
    func foreign(scope: [String]) throws {
        let cursor = try Self.signer.cursor(for: Self.place, scope: Self.scope)
        let error = #expect(throws: ChatStoreError.self) { try Self.read(cursor, scope: scope) }
        #expect(error?.code == .invalid)
    }

    @Test("a modified cursor never resolves to another position")
    func tampered() throws {
        let cursor = try Self.signer.cursor(for: Self.place, scope: Self.scope)
        for index in cursor.indices {
            for character in ["A", "b", "-", ".", "=", " ", "é"] where cursor[index] != Character(character) {
                var changed = cursor
                changed.replaceSubrange(index...index, with: character)
                // The last character of each part has bits that aren't used.
                #expect((try? Self.read(changed)) ?? Self.place == Self.place)
            }
        }
        let parts = cursor.split(separator: ".").map(String.init)
        let other = try Self.signer.cursor(
            for: SessionPosition(updatedAt: MessageTime(rawValue: 1), id: Self.place.id), scope: Self.scope)
        let otherParts = other.split(separator: ".").map(String.init)
        for changed in [
            "\(parts[0]).\(otherParts[1])", "\(otherParts[0]).\(parts[1])", ".\(parts[1])", "\(parts[0]).",
            "\(parts[1]).\(parts[0])", "\(cursor).", ".\(cursor)", String(cursor.dropLast(2)), "A\(cursor)",
        ] {
            let error = #expect(throws: ChatStoreError.self) { try Self.read(changed) }
            #expect(error?.code == .invalid)
        }
    }

    @Test("a cursor signed with another secret is invalid")
    func otherSecret() throws {
        let cursor = try CursorSigner(secret: Array(1...32)).cursor(for: Self.place, scope: Self.scope)
        let error = #expect(throws: ChatStoreError.self) { try Self.read(cursor) }
        #expect(error?.code == .invalid)
    }

    @Test("a cursor for another kind of list is invalid")
    func otherPlace() throws {
        let cursor = try Self.signer.cursor(for: Self.place.updatedAt, scope: Self.scope)
        let error = #expect(throws: ChatStoreError.self) { try Self.read(cursor) }
        #expect(error?.code == .invalid)
    }

    @Test(
        "malformed cursors are invalid",
        arguments: [
            "", ".", "..", "a.b", "null", "\u{0}", "😀.😀", "%2e", "e30.e30", "AAAA.eyJpZCI6IjEifQ",
            String(repeating: "A", count: 1_000_000), String(repeating: ".", count: 2000),
        ])
    func garbage(cursor: String) {
        let error = #expect(throws: ChatStoreError.self) { try Self.read(cursor) }
        #expect(error?.code == .invalid)
    }

    @Test("an overlong cursor is invalid, even with a valid signature")
    func tooLong() throws {
        let place = SessionPosition(
            updatedAt: Self.place.updatedAt, id: SessionID(rawValue: String(repeating: "x", count: 1000)))
        let cursor = try Self.signer.cursor(for: place, scope: Self.scope)
        let error = #expect(throws: ChatStoreError.self) { try Self.read(cursor) }
        #expect(error?.code == .invalid)
    }

    @Test("descriptions of a signer don't reveal its secret")
    func confidential() {
        let signer = CursorSigner(secret: Array("secret of thirty-two bytes......".utf8))
        var dumped = ""
        dump(signer, to: &dumped)
        for text in ["\(signer)", String(reflecting: signer), dumped] { #expect(!text.contains("115")) }
        #expect("\(signer)" == "CursorSigner (confidential)")
    }
}
