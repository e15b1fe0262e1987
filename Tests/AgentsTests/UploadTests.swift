import AgentEvents
import AgentLoop
import DemoSite
import Files
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

/// The user's files, given to websites: only after a question, and byte for byte.
@Suite("Uploads", .timeLimit(.minutes(15)))
struct UploadTests {
    private static let session = SessionID(rawValue: "s")
    private static let user = UserID(rawValue: "aminah")

    private struct Outcome {
        var asked: RunResult
        var result: RunResult
        /// The results of the tools, as the model got them.
        var told: [String]
    }

    private static func attach(_ text: String, as name: String, to bench: AgentBench) async throws {
        let piece = FilePiece(
            id: UUID().uuidString.lowercased(), name: name, offset: 0,
            content: Data(text.utf8).base64EncodedString(), last: true)
        let result = await bench.runs.putFile(piece, in: SessionScope(Self.session, of: Self.user))
        try #require(result.file != nil, "\(result)")
    }

    /// Gives a file to a control, and answers the question.
    private static func upload(
        _ file: String = "card.txt", to control: (role: String, name: String), on page: String,
        answer: JSONValue = ["approved": true], goal: String = "Send it.",
        then turns: [ScriptedModel.Turn] = [.call("snapshot")]
    ) async throws -> Outcome {
        try await withPages(["/": .html(page)]) { _, address in
            let model = ScriptedModel(
                [.callOn("upload", role: control.role, name: control.name, ["files": .string(file)])] + turns
                    + [.say("Done.")])
            let bench = AgentBench(model)
            try await Self.attach("my card", as: "card.txt", to: bench)
            return try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: goal, startURL: address)))
                let result = asked.status == .interrupted ? try await bench.run(asked.answered(answer)) : asked
                return Outcome(
                    asked: asked, result: result,
                    told: model.requests.last?.messages.flatMap(\.toolResults).map(\.text) ?? [])
            }
        }
    }

    private static let shows = """
        <p id=o></p><script>async function show(files) {
          o.textContent += (await Promise.all([...files].map(async (f) => `${f.name}=${f.type}=${await f.text()}`))).join();
        }</script>
        """

    @Test("a file is given after a question that names it, its size, the site, and the field")
    func field() async throws {
        let outcome = try await Self.upload(
            to: ("file", "Card"), on: "<label>Card<input type=file onchange='show(this.files)'></label>\(Self.shows)")
        let question = try #require(outcome.asked.interrupts?.first)
        #expect(question.message.contains("May I upload \"card.txt\" with the file \"Card\" on http://127.0.0.1"))
        #expect(question.metadata?["kind"] == "upload")
        #expect(question.metadata?["files"]?.array?.first?["size"] == 7)
        #expect(outcome.told.last?.contains("card.txt=text/plain=my card") == true)
    }

    @Test("a file that the person doesn't approve isn't given")
    func declined() async throws {
        let outcome = try await Self.upload(
            to: ("file", "Card"), on: "<label>Card<input type=file onchange='show(this.files)'></label>\(Self.shows)",
            answer: ["approved": false])
        #expect(outcome.told.last?.contains("my card") == false)
        #expect(outcome.asked.status == .interrupted)
    }

    @Test(
        "a task that forbids uploads gives no file, and asks nothing",
        arguments: ["Look, but do not upload anything.", "Jangan muat naik apa-apa."])
    func forbidden(goal: String) async throws {
        let outcome = try await Self.upload(
            to: ("file", "Card"), on: "<label>Card<input type=file onchange='show(this.files)'></label>\(Self.shows)",
            goal: goal)
        #expect(outcome.asked.status == .completed)
        #expect(outcome.told.last?.contains("my card") == false)
    }

    @Test("fields, buttons with a chooser, and drop zones get it, also in frames and shadow roots")
    func controls() async throws {
        let page = """
            <button onclick='f.click()'>Choose</button><input id=f type=file hidden onchange='show(this.files)'>
            <div role=button tabindex=0 ondragover='event.preventDefault()'
              ondrop='event.preventDefault(); show(event.dataTransfer.files)'>Drop here</div>
            <div id=h></div><script>h.attachShadow({mode: 'open'}).innerHTML = '<input type=file aria-label=Deep>';
            h.shadowRoot.firstChild.onchange = (e) => show(e.target.files)</script>
            <label>Many<input type=file multiple accept='.pdf, text/*' onchange='show(this.files)'></label>
            <iframe src=/frame></iframe>
            """
        let field = "<label>Framed<input type=file onchange='show(this.files)'></label>"
        let controls = [
            ("button", "Choose"), ("button", "Drop here"), ("file", "Deep"), ("file", "Many"), ("file", "Framed"),
        ]
        let told = try await Self.uploadAll(to: controls, on: page + Self.shows, frame: field + Self.shows)
        // The newest view shows what all of them got.
        #expect(told.last?.ranges(of: "card.txt=text/plain=my card").count == controls.count, "\(told)")
    }

    @Test("what takes no such file says so, and gets none")
    func refused() async throws {
        let page = """
            <label>Card<input type=file accept='image/*'></label><label>Off<input type=file disabled></label>
            <button>Hello</button><button onclick='f.click()'>Choose</button><input id=f type=file accept=.pdf hidden>
            """
        let expected = [
            ("file", "Card", "takes only \"image/*\""), ("file", "Off", "disabled"),
            ("button", "Hello", "opens no file chooser"), ("button", "Choose", "takes only \".pdf\""),
        ]
        let told = try await Self.uploadAll(to: expected.map { ($0.0, $0.1) }, on: page)
        for (control, result) in zip(expected, told) {
            #expect(result.contains(control.2), "\(control.1): \(result)")
        }
    }

    /// Gives the file to one control after another, with approval.
    /// - Returns: What the model was told of each, with what the page showed after it.
    private static func uploadAll(
        to controls: [(role: String, name: String)], on page: String, frame: String = ""
    ) async throws -> [String] {
        try await withPages(["/": .html(page), "/frame": .html(frame)]) { _, address in
            let model = ScriptedModel(
                controls.flatMap { role, name -> [ScriptedModel.Turn] in
                    [.callOn("upload", role: role, name: name, ["files": ["card.txt"]]), .call("snapshot")]
                } + [.say("Done.")])
            let bench = AgentBench(model)
            try await Self.attach("my card", as: "card.txt", to: bench)
            try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(.automation(AutomationTask(goal: "Send it.", startURL: address)))
                while result.status == .interrupted {
                    result = try await bench.run(result.answered(["approved": true]))
                }
                #expect(result.message == "Done.")
            }
            let told = model.requests.last?.messages.flatMap(\.toolResults).dropFirst().map(\.text) ?? []
            return stride(from: 0, to: told.count - 1, by: 2).map { told[$0] + told[$0 + 1] }
        }
    }

    @Test(
        "what would do something else is no place for files, whatever is allowed",
        arguments: ["<button>Pay RM 500.00</button>", "<button>Delete account</button>", "<button>Send</button>"])
    func otherControls(button: String) async throws {
        let page = "<form method=post action=/pay>\(button)</form>"
        try await withPages(["/": .html(page)]) { server, address in
            let name = String(button.dropFirst(8).prefix { $0 != "<" })
            let model = ScriptedModel([
                .callOn("upload", role: "button", name: name, ["files": ["card.txt"]]), .say("Done."),
            ])
            let bench = AgentBench(model, policy: ApprovalPolicy(rules: [.upload: .allow]))
            try await Self.attach("my card", as: "card.txt", to: bench)
            let result = try await BrowserSlots.shared.withSlot {
                try await bench.run(.automation(AutomationTask(goal: "Send it.", startURL: address)))
            }
            #expect(result.status == .completed)
            let told = model.requests.last?.messages.flatMap(\.toolResults).last?.text ?? ""
            #expect(told.contains("is no place for files"), "\(told)")
            #expect(!server.requests.contains { $0.path == "/pay" })
        }
    }

    @Test("an approved upload lets the page send the file, and nothing that deletes or pays")
    func covers() async throws {
        let page = """
            <label>Card<input type=file onchange="send(this.files[0])"></label><script>function send(file) {
              const form = new FormData(); form.append('file', file);
              fetch('/file', {method: 'POST', body: form}); fetch('/account', {method: 'DELETE'});
            }</script>
            """
        try await withPages(["/": .html(page), "/file": "", "/account": ""]) { server, address in
            let model = ScriptedModel([
                .callOn("upload", role: "file", name: "Card", ["files": ["card.txt"]]), .say("Done."),
            ])
            let bench = AgentBench(model)
            try await Self.attach("my card", as: "card.txt", to: bench)
            try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Send it.", startURL: address)))
                let again = try await bench.run(asked.answered(["approved": true]))
                #expect(again.interrupts?.first?.message.contains("DELETE") == true, "\(again)")
                await bench.stop()
            }
            #expect(server.requests.filter { ["/file", "/account"].contains($0.path) }.map(\.path) == ["/file"])
        }
    }

    @Test("a file that the chat doesn't have is refused with those that it has")
    func missing() async throws {
        let outcome = try await Self.upload(
            "other.pdf", to: ("file", "Card"), on: "<label>Card<input type=file></label>")
        #expect(outcome.asked.status == .completed)
        #expect(outcome.told[1].contains("There are: card.txt"))
    }

    @Test("an approval for one file doesn't cover another of the same name, or another field")
    func otherFile() async throws {
        let page = "<label>Card<input type=file></label><label>Avatar<input type=file></label>"
        let outcome = try await Self.upload(
            to: ("file", "Card"), on: page,
            then: [.callOn("upload", role: "file", name: "Avatar", ["files": ["card.txt"]]), .call("snapshot")])
        #expect(outcome.result.status == .interrupted)
        #expect(outcome.result.interrupts?.first?.message.contains("Avatar") == true)
    }

    @Test("the demo site's form and zone get the bytes of a large file", arguments: ["/documents", "/documents/drop"])
    func demoSite(path: String) async throws {
        let text = String(repeating: "0123456789abcdef", count: 60_000)
        let zone: (String, String) =
            path == "/documents" ? ("file", "Identity card") : ("clickable", "Drop documents here")
        let received = try await withDemoSite { site, address in
            let model = ScriptedModel(
                [.callOn("upload", role: zone.0, name: zone.1, ["files": ["big.txt"]])]
                    + (path == "/documents" ? [.callOn("click", role: "button", name: "Send document")] : [])
                    + [.call("wait_for_text", ["text": "eceived"]), .say("Done.")])
            let bench = AgentBench(model)
            try await Self.attach(text, as: "big.txt", to: bench)
            return try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(
                    .automation(AutomationTask(goal: "Send it.", startURL: address + path)))
                while result.status == .interrupted {
                    result = try await bench.run(result.answered(["approved": true]))
                }
                return site.submissions.compactMap { $0.fields["document"] }
            }
        }
        #expect(received.map { $0.hasPrefix("big.txt 960000 ") } == [true], "\(received)")
    }

    @Test("what a file of the person says goes to the site that they named, and to no other without a question")
    func flow() async throws {
        let page = """
            <button onclick="location = `http://localhost:${location.port}/form`">Form</button>
            """
        for (goal, status) in [("Fill it in at http://localhost", RunStatus.completed), ("Fill it in.", .interrupted)] {
            try await withPages(["/": .html(page), "/form": "<label>Number<input></label>"]) { _, address in
                let model = ScriptedModel([
                    .call("read_file"), .callOn("click", role: "button", name: "Form"),
                    .call("wait_for_text", ["text": "Number"]),
                    .call("snapshot"),
                    .callOn("fill", role: "textbox", name: "Number", ["text": "880101-14-5566"]), .say("Done."),
                ])
                let bench = AgentBench(model)
                try await Self.attach("Aminah 880101-14-5566", as: "card.txt", to: bench)
                let result = try await BrowserSlots.shared.withSlot {
                    try await bench.run(.automation(AutomationTask(goal: goal, startURL: address)))
                }
                #expect(
                    result.status == status,
                    "\(model.requests.last?.messages.flatMap(\.toolResults).map(\.text) ?? [])")
            }
        }
    }

    @Test(
        "no file, a file twice, or too much is refused before the page gets anything",
        arguments: [[], ["card.txt", "card.txt"]] as [[String]])
    func bounds(files: [String]) async throws {
        try await withPages(["/": .html("<label>Card<input type=file multiple></label>")]) { _, address in
            let model = ScriptedModel([
                .callOn("upload", role: "file", name: "Card", ["files": .array(files.map { .string($0) })]),
                .say("Done."),
            ])
            let bench = AgentBench(model)
            try await Self.attach("my card", as: "card.txt", to: bench)
            let result = try await BrowserSlots.shared.withSlot {
                try await bench.run(.automation(AutomationTask(goal: "Send it.", startURL: address)))
            }
            #expect(result.status == .completed)
            let told = model.requests.last?.messages.flatMap(\.toolResults).last?.text ?? ""
            #expect(told.contains("one file or more, each once"), "\(told)")
        }
    }

    @Test("a session that was just deleted takes no late piece of an upload, and nothing of it comes back")
    func deleted() async throws {
        let bench = AgentBench(ScriptedModel([]))
        func piece(_ offset: Int, last: Bool) -> FilePiece {
            FilePiece(
                id: "0b2f1c5e-6a4d-4e0f-9a53-3d2d8f6c9b11", name: "a.txt", offset: offset, content: "QUFB", last: last)
        }
        #expect(
            await bench.runs.putFile(piece(0, last: false), in: SessionScope(Self.session, of: Self.user)).status
                == .running)
        _ = await bench.runs.control(.init(.forget), in: SessionScope(Self.session, of: Self.user))
        for offset in [0, 3] {
            let late = await bench.runs.putFile(
                piece(offset, last: true), in: SessionScope(Self.session, of: Self.user))
            #expect(late.code == "deleted")
        }
        #expect(try await bench.files.files(of: Self.session).isEmpty)
        #expect(try await bench.store.read(Self.session) == nil)
    }

    @Test("attached files are named to the coordinator, and only the session's own are accepted")
    func prompt() async throws {
        let model = ScriptedModel([.say("I see it.")])
        let bench = AgentBench(model)
        try await Self.attach("my card", as: "card.txt", to: bench)
        let id = try #require(try await bench.files.files(of: Self.session).first?.id)
        _ = try await bench.run(.prompt("Send my card.", .init(files: [id])))
        #expect(model.requests.first?.messages.last?.text == "Send my card.\n\nAttached files: card.txt")
        let other = try await bench.run(.prompt("Send it.", .init(files: [UUID().uuidString.lowercased()])))
        #expect((other.status, other.code) == (.failed, "no_such_file"))
    }

    @Test("a session into which somebody has put a file belongs to them")
    func claimed() async throws {
        let bench = AgentBench(ScriptedModel([]))
        try await Self.attach("my card", as: "card.txt", to: bench)
        let eve = UserID(rawValue: "eve")
        let piece = FilePiece(
            id: UUID().uuidString.lowercased(), name: "a.txt", offset: 0, content: "", last: true)
        #expect(await bench.runs.putFile(piece, in: SessionScope(Self.session, of: eve)).code == "forbidden")
        let run = try await bench.runs.run(.init(.prompt("Hi"), sessionID: Self.session, userID: eve)) { _ in }
        #expect(run.code == "forbidden")
    }
}
