import Agents
import FoundationEssentials
import Testing

@Suite("Playbooks")
struct PlaybookTests {
    private static let good = """
        ---
        name: Pay parking: city
        sites:
        - Parking.Example.COM
        - localhost
          - 127.0.0.1
        - ::1
        when: pay or extend parking

        needs_person:
        - payment
        ---

        # Parking

        1. Click "Extend".
            Wait.

        """

    private static func problems(_ markdown: String) -> [PlaybookError.Problem] {
        let error = #expect(throws: PlaybookError.self) { try Playbook(markdown: markdown, file: "pay.md") }
        return error?.problems ?? []
    }

    private static func problems(in directory: String) -> [PlaybookError.Problem] {
        let error = #expect(throws: PlaybookError.self) { try PlaybookLibrary(directory: directory) }
        return error?.problems ?? []
    }

    /// Creates a playbook for one site.
    private static func playbook(_ name: String, _ site: String, when: String) throws -> Playbook {
        try Playbook(
            markdown: "---\nname: \(name)\nsites:\n- \(site)\nwhen: \(when)\n---\n1. Go.", file: "\(name).md")
    }

    /// Calls `body` with a directory that contains the files.
    private static func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "playbooks-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        try body(directory.path)
    }

    @Test(
        "a valid file is read, with any line endings and with a byte order mark",
        arguments: [Self.good, "\u{FEFF}" + Self.good, Self.good.replacing("\n", with: "\r\n")])
    func goodFile(markdown: String) throws {
        let playbook = try Playbook(markdown: markdown, file: "pay.md")
        #expect(playbook.name == "Pay parking: city")
        #expect(playbook.sites == ["parking.example.com", "localhost", "127.0.0.1", "::1"])
        #expect(playbook.when == "pay or extend parking")
        #expect(playbook.officialDomains.isEmpty)
        #expect(playbook.needsPerson == ["payment"])
        #expect(playbook.body == "# Parking\n\n1. Click \"Extend\".\n    Wait.")
    }

    @Test(
        "each problem is reported with its line, and nothing else is reported",
        arguments: [
            ("name: a\nsites:\n- a.my\n1. Go.", 1, .noFrontMatter),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\n1. Go.", 1, .unclosedFrontMatter),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\nonly words\n---\n1. Go.", 6, .noKeyValue),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\nby the way: a\n---\n1. Go.", 6, .noKeyValue),
            ("---\nname: a\nsite: a.my\nsites:\n- a.my\nwhen: a\n---\n1. Go.", 3, .unknownKey),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\nname: b\n---\n1. Go.", 6, .duplicateKey),
            ("---\n- a.my\nname: a\nsites:\n- a.my\nwhen: a\n---\n1. Go.", 2, .itemWithoutKey),
            ("---\nname: a\nsites:\n- a.my\nwhen:\n- a\n- b\n---\n1. Go.", 6, .listForValue),
            ("---\nname: a\n- b\nsites:\n- a.my\nwhen: a\n---\n1. Go.", 3, .listForValue),
            ("---\nname: a\nsites: a.my\nwhen: a\n---\n1. Go.", 3, .valueForList),
            ("---\nname:\nsites:\n- a.my\nwhen: a\n---\n1. Go.", 2, .emptyValue),
            ("---\nname: a\nsites:\nwhen: a\n---\n1. Go.", 3, .emptyValue),
            ("---\nname: a\nsites:\n- a.my\n-\nwhen: a\n---\n1. Go.", 5, .emptyValue),
            ("---\nsites:\n- a.my\nwhen: a\n---\n1. Go.", 5, .missingKey),
            ("---\nname: a\nwhen: a\n---\n1. Go.", 4, .missingKey),
            ("---\nname: a\nsites:\n- a.my\n---\n1. Go.", 5, .missingKey),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\n---\n# Go\n1.Go.\n- Go.", 7, .noSteps),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\n---", 6, .noSteps),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\n---\n1. Go.\n\0", 8, .invalidText),
            ("---\nname: a\nsites:\n- a.my\nwhen: a\u{FFFD}\n---\n1. Go.", 5, .invalidText),
            ("---\nname: a\n" + String(repeating: "x", count: 64 * 1024), 3, .tooLarge),
        ] as [(String, Int, PlaybookError.Code)])
    func badFiles(markdown: String, line: Int, code: PlaybookError.Code) {
        let problems = Self.problems(markdown)
        #expect(problems.map(\.code) == [code])
        #expect(problems.map(\.line) == [line])
    }

    @Test(
        "a host must be a plain domain, localhost, or an IP address",
        arguments: [
            ("https://jpj.gov.my", "scheme"), ("jpj.gov.my/check", "path"), ("jpj gov.my", "space"),
            ("jpj.gov.my:443", "port"), ("127.0.0.1:8090", "port"), ("jpj", "no dot"), ("bücher.example", "xn--"),
            ("\u{212A}.example", "xn--"), ("jpj..my", "names"), ("-jpj.my", "names"), ("jpj.gov.my.", "names"),
            ("*.jpj.gov.my", "names"), ("256.1.1.1", "IP address"),
        ])
    func domains(host: String, reason: String) throws {
        for key in ["sites", "official_domains"] {
            let front = "---\nname: a\nwhen: a\n" + (key == "sites" ? "" : "sites:\n- a.my\n")
            let problems = Self.problems("\(front)\(key):\n- \(host)\n---\n1. Go.")
            #expect(problems.map(\.code) == [.noDomain])
            #expect(problems.first?.line == (key == "sites" ? 5 : 7))
            #expect(problems.first?.message.contains(reason) == true)
        }
    }

    @Test("all problems of a file are reported together, in line order")
    func allProblems() {
        let problems = Self.problems("---\nname: a\nsite: a.my\nsites:\n- a my\nneeds_person: payment\n---\nGo.\0")
        #expect(problems.map(\.line) == [3, 5, 6, 7, 8, 8])
        #expect(
            Set(problems.map(\.code)) == [
                .unknownKey, .noDomain, .valueForList, .missingKey, .noSteps, .invalidText,
            ])
        #expect(
            problems.first?.description
                == "pay.md:3: unknown key 'site'; known are name, sites, when, official_domains, needs_person")
    }

    @Test(
        "a request finds the playbooks that share its words, best match first",
        arguments: [
            ("When does my ROAD TAX end?", ["road-tax", "income-tax"]),
            ("semak saman saya", ["summons"]),
            ("open https://www.tax.example:8443/file?year=2026.", ["income-tax", "road-tax"]),
            ("open http://127.0.0.1:8090, then go on", ["summons"]),
            ("parking", ["parking-a", "parking-b"]),
            ("check my open website, please", []),
            ("127 taxes, 1 summonsing", []),
            ("", []),
        ])
    func finding(request: String, names: [String]) throws {
        let library = PlaybookLibrary([
            try Self.playbook("parking-b", "b.example", when: "pay parking"),
            try Self.playbook("summons", "127.0.0.1", when: "summons or saman"),
            try Self.playbook("income-tax", "tax.example", when: "file the income tax"),
            try Self.playbook("parking-a", "a.example", when: "pay parking"),
            try Self.playbook("road-tax", "road.example", when: "end of the road tax"),
        ])
        #expect(library.find(request).map(\.name) == names)
        #expect(library.find(request, limit: 1).map(\.name) == Array(names.prefix(1)))
        #expect(library.find(request, limit: 0).isEmpty)
    }

    @Test("the lookup of a playbook by name ignores case")
    func naming() throws {
        let library = PlaybookLibrary([try Self.playbook("Parking", "a.example", when: "parking")])
        #expect(library.named("parking")?.name == "Parking")
        #expect(library.named("park") == nil)
    }

    @Test("a directory's playbooks are read, without its README, hidden files, and other files")
    func directory() throws {
        let text = "---\nname: NAME\nsites:\n- a.my\nwhen: a\n---\n1. Go."
        let files = [
            "b.md": text.replacing("NAME", with: "b"), "a.md": text.replacing("NAME", with: "a"),
            "README.md": "# Playbooks", ".draft.md": "", "notes.txt": "",
        ]
        try Self.withFiles(files) { directory in
            let library = try PlaybookLibrary(directory: directory)
            #expect(library.playbooks.map(\.name) == ["a", "b"])
        }
    }

    @Test("the problems of all files in a directory are reported together, including duplicate names")
    func badDirectory() throws {
        let text = "---\nname: Same\nsites:\n- a.my\nwhen: a\n---\n1. Go."
        let files = ["a.md": text, "b.md": text.lowercased(), "c.md": "1. Go.", "d.md": text + "\nGo: on\n\0"]
        try Self.withFiles(files) { directory in
            let problems = Self.problems(in: directory)
            #expect(problems.map(\.code) == [.duplicateName, .noFrontMatter, .invalidText])
            #expect(problems.map(\.file) == ["b.md", "c.md", "d.md"].map { "\(directory)/\($0)" })
            #expect(problems.map(\.line) == [nil, 1, 9])
        }
    }

    @Test("invalid UTF-8 is reported with its line")
    func invalidBytes() throws {
        try Self.withFiles([:]) { directory in
            var bytes = Data("---\nname: a\nsites:\n- a.my\nwhen: ".utf8)
            bytes.append(0xFF)
            bytes.append(contentsOf: "\n---\n1. Go.".utf8)
            try bytes.write(to: URL(filePath: "\(directory)/a.md"))
            let problems = Self.problems(in: directory)
            #expect(problems.map(\.code) == [.invalidText])
            #expect(problems.map(\.line) == [5])
        }
    }

    @Test("the error for a missing directory contains its path")
    func missingDirectory() {
        let problems = Self.problems(in: "/nowhere/playbooks")
        #expect(problems.map(\.code) == [.unreadable])
        #expect(problems.first?.description.hasPrefix("/nowhere/playbooks: cannot be read") == true)
    }

    private static var shipped: PlaybookLibrary {
        get throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            return try PlaybookLibrary(directory: root.appending(path: "playbooks").path)
        }
    }

    @Test("the bundled playbooks can all be read")
    func shippedPlaybooks() throws {
        let names = try Self.shipped.playbooks.map(\.name)
        #expect(names == ["demo-road-tax", "jpj-summons-check", "myeg-road-tax-check"])
    }

    @Test(
        "typical requests find the bundled playbooks",
        arguments: [
            ("When does the road tax of WXY 1234 expire?", "myeg-road-tax-check"),
            ("check my road tax", "myeg-road-tax-check"),
            ("Bila cukai jalan kereta saya tamat?", "myeg-road-tax-check"),
            ("Do I have any summonses from JPJ?", "jpj-summons-check"),
            ("semak saman", "jpj-summons-check"),
            ("open http://127.0.0.1:8090, fill Plate number with WXY 1234, click Check", "demo-road-tax"),
        ])
    func shippedFinding(request: String, name: String) throws {
        #expect(try Self.shipped.find(request).first?.name == name)
    }
}
