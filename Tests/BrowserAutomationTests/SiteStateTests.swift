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
        #expect(Site.holds(host, in: "tax.example") == isHeld)
    }

    @Test("the part of a site has its cookies and storage only")
    func parts() {
        let state = SiteState(
            cookies: [Self.cookie("a", "1"), Self.cookie("b", "2", ".bank.example")],
            items: ["https://my.tax.example:8443": ["x": "1"], "https://bank.example": ["y": "2"]])
        let part = state.part(of: "tax.example")
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
