import AgentEvents
import AgentLoop
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

/// Data from one site or from the task isn't sent to another site without approval.
@Suite("Data flow between sites", .timeLimit(.minutes(15)))
struct FlowTests {
    private static func seen() -> CrossOriginDataTracker {
        let seen = CrossOriginDataTracker()
        seen.note(
            """
            Account 5123-4567-8901, card 4111 1111 1111 1111, IC 900101-14-5566, mail aminah@example.com
            Opening hours of the office, and a paragraph that is long enough to be known again.
            """, of: "https://bank.example")
        return seen
    }

    @Test(
        "data from another site is recognized in any notation",
        arguments: [
            "512345678901", "5123 4567 8901", "5123.4567.8901", "Please note 4111-1111-1111-1111, thanks",
            "900101145566",
            "AMINAH@EXAMPLE.COM", "aminah @ example . com", "109876543215", "1111111111111114", "5123%2D4567%2D8901",
            "NTEyMy00NTY3LTg5MDE=", "YW1pbmFoQGV4YW1wbGUuY29t", "５１２３４５６７８９０１", "(5123) 4567-8901",
            "a paragraph that is long enough to be known again",
        ])
    func spelled(text: String) {
        let seen = Self.seen()
        #expect(
            CrossOriginDataTracker.pieces(ofText: text).contains {
                seen.origin(of: $0, except: "https://shop.example") != nil
            })
    }

    @Test(
        "common text isn't taken for another site's data",
        arguments: ["opening-hours", "openinghours", "Account", "1234567", "office", "2026-11-29", "paragraph"])
    func common(text: String) {
        let seen = Self.seen()
        #expect(
            !CrossOriginDataTracker.pieces(ofText: text).contains {
                seen.origin(of: $0, except: "https://shop.example") != nil
            })
    }

    @Test("a site may receive its own data")
    func own() { #expect(Self.seen().origin(of: "5123-4567-8901", except: "https://bank.example") == nil) }

    @Test("a number that is typed in pieces is recognized by its eighth digit", arguments: [1, 2, 3, 4, 5, 7])
    func pieces(size: Int) {
        let seen = Self.seen()
        var found: Int?
        for start in stride(from: 0, to: 12, by: size) where found == nil {
            let piece = String("512345678901".dropFirst(start).prefix(size))
            let joined = seen.write(piece, to: "https://shop.example")
            if joined.contains(where: { seen.origin(of: $0, except: "https://shop.example") != nil }) {
                found = start + size
            }
        }
        #expect(found.map { $0 < 8 + size } == true, "\(found ?? 0)")
    }

    @Test("a task names sites in its goal, start URL, and allowed domains")
    func named() {
        let places = NamedPlaces(
            AutomationTask(
                goal: "Book at shop.example, not (http://other.example:8080/x).", startURL: "https://start.example/a",
                allowedDomains: ["allowed.example"]))
        for host in ["shop.example", "www.shop.example", "other.example", "start.example", "pay.allowed.example"] {
            #expect(places.holds("https://\(host)/"), "\(host)")
        }
        for host in ["evil.example", "shop.example.evil.example", "noshop.example"] {
            #expect(!places.holds("https://\(host)/"), "\(host)")
        }
    }

    @Test(
        "the task's numbers need no approval on a site reached through a link, unlike after a script's redirect",
        arguments: [
            ("<a href=THERE>On</a>", "link", 0), ("<button onclick=\"location = 'THERE'\">On</button>", "button", 1),
        ])
    func led(html: String, role: String, questions: Int) async throws {
        try await withPages(["/form": "<label>Number <input></label>"]) { _, there in
            // The same machine under another name.
            let there = there.replacing("127.0.0.1", with: "localhost") + "/form"
            try await withPages(["/": .html(html.replacing("THERE", with: there))]) { _, address in
                let bench = AgentBench(
                    ScriptedModel([
                        .call("navigate", ["url": .string(address)]), .callOn("click", role: role, name: "On"),
                        .call("wait_for_text", ["text": "Number"]), .call("snapshot", [:]),
                        .callOn("fill", role: "textbox", name: "Number", ["text": "900101-14-5566"]), .say("Done."),
                    ]))
                try await BrowserSlots.shared.withSlot {
                    let goal = "Go on from \(address). My number is 900101145566."
                    let result = try await bench.run(.automation(AutomationTask(goal: goal)))
                    await bench.stop()
                    let asked = (result.interrupts ?? []).map(\.message)
                    #expect(asked.count == questions && asked.allSatisfy { $0.contains("your request") }, "\(asked)")
                    #expect(questions > 0 || result.message == "Done.")
                }
            }
        }
    }
}
