import AgentEvents
import Testing

@testable import BrowserAutomation

@Suite("The state of sites")
struct SiteStateTests {
    private static func cookie(_ name: String, _ value: String, _ domain: String = "www.tax.example") -> JSONValue {
        ["name": .string(name), "value": .string(value), "domain": .string(domain), "path": "/"]
    }

    @Test(
        "a site has its subdomains, and nothing that only looks like them",
        arguments: [
            ("tax.example", true), ("www.tax.example", true), (".tax.example", true), ("WWW.Tax.Example", true),
            ("eviltax.example", false), ("tax.example.evil.example", false), ("example", false), ("", false),
        ])
    func hosts(host: String, isHeld: Bool) {
        #expect(Site(name: "tax.example", isHost: false).holds(host) == isHeld)
    }

    @Test(
        "a host without a registrable domain has none below it",
        arguments: ["alice.github.io", "1.127.0.0.1", ".github.io.x"])
    func hostsAlone(host: String) {
        #expect(
            !Site(name: "github.io", isHost: true).holds(host) && !Site(name: "127.0.0.1", isHost: true).holds(host))
        #expect(Site(name: "github.io", isHost: true).holds("github.io"))
    }

    @Test("of too many cookies, those that scripts can't read are kept")
    func reducing() {
        var session = Self.cookie("session", "x")
        session = .object(
            ["httpOnly": true].merging(["name": "session", "value": "x", "domain": "tax.example"]) { $1 })
        let many = (0..<50).map { Self.cookie("c\($0)", String(repeating: "x", count: 100)) }
        let reduced = SiteState(cookies: many + [session]).reduced(to: 1000)
        #expect(reduced.cookies.contains(session) && (2..<20).contains(reduced.cookies.count))
    }

    @Test("the part of a site has its cookies and storage only")
    func parts() {
        let state = SiteState(
            cookies: [Self.cookie("a", "1"), Self.cookie("b", "2", ".bank.example")],
            items: ["https://my.tax.example:8443": ["x": "1"], "https://bank.example": ["y": "2"]])
        let part = state.part(of: Site(name: "tax.example", isHost: false))
        #expect(part.cookies == [Self.cookie("a", "1")] && Array(part.items.keys) == ["https://my.tax.example:8443"])
    }

    @Test("two browsers' changes are merged, and removals count as changes")
    func merging() {
        let base = SiteState(
            cookies: [
                Self.cookie("same", "0"), Self.cookie("ours", "0"), Self.cookie("theirs", "0"),
                Self.cookie("gone", "0"),
            ],
            items: ["https://tax.example": ["kept": "0", "removed": "0"]])
        let ours = SiteState(
            cookies: [Self.cookie("same", "0"), Self.cookie("ours", "1"), Self.cookie("theirs", "0")],
            items: ["https://tax.example": ["kept": "0"]])
        let theirs = SiteState(
            cookies: [
                Self.cookie("same", "0"), Self.cookie("ours", "0"), Self.cookie("theirs", "2"),
                Self.cookie("gone", "0"),
                Self.cookie("new", "2"),
            ],
            items: ["https://tax.example": ["kept": "2", "removed": "0"]])
        let merged = ours.merged(with: theirs, since: base)
        let values = Dictionary(
            uniqueKeysWithValues: merged.cookies.map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") })
        #expect(values == ["same": "0", "ours": "1", "theirs": "2", "new": "2"])
        #expect(merged.items == ["https://tax.example": ["kept": "2"]])
    }
}
