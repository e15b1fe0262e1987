import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

@Suite("Credentials that the user gave", .timeLimit(.minutes(15)))
struct GivenCredentialsTests {
    private static let site = "https://portal.example"

    /// The user has typed "hunter2-blue" for the site, and has said "red-hunter2" in a task that names the site.
    private static func given() -> GivenCredentials {
        let secrets = SecretStore()
        secrets.set("hunter2-blue", for: SecretRef(name: "pass", origins: [Self.site]))
        return GivenCredentials(
            secrets: secrets, task: AutomationTask(goal: "Sign in at portal.example, my password is red-hunter2."))
    }

    private static func request(_ url: String, _ body: String) -> WebRequest {
        WebRequest(
            PageRequest(
                method: "POST", url: url, contentType: "application/x-www-form-urlencoded", body: Data(body.utf8)))
    }

    @Test(
        "a request that signs in with them at their site needs no further question",
        arguments: [
            ("/login", "mail=a@b.my&password=hunter2-blue"), ("/members/sign-in", "email=a@b.my&password=red-hunter2"),
            ("/api/auth/login", #"{"user": {"email": "a@b.my", "password": "hunter2-blue"}}"#),
            ("/session", "session[email]=a@b.my&session[password]=hunter2-blue&remember_me=1&next=/home"),
            ("/users/sign_in.php", "username=a&passwd=red-hunter2"), ("/log-masuk", "emel=a@b.my&password=red-hunter2"),
        ])
    func signingIn(path: String, body: String) {
        #expect(Self.given().covers(Self.request(Self.site + path, body)))
    }

    @Test(
        "anything else that has a password needs one: another site, another act, another password, or further fields",
        arguments: [
            ("https://other.example/login", "mail=a@b.my&password=hunter2-blue"),
            ("https://other.example/login", "mail=a@b.my&password=red-hunter2"),
            ("https://portal.example.other.example/login", "password=red-hunter2"),
            ("https://portal.example/account/close", "password=hunter2-blue"),
            ("https://portal.example/transfer", "password=hunter2-blue"),
            ("https://portal.example/login/transfer", "password=hunter2-blue"),
            ("https://portal.example/transfer/login", "password=hunter2-blue"),
            ("https://portal.example/account/delete/auth", "password=hunter2-blue"),
            ("https://portal.example/session/close", "password=hunter2-blue"),
            ("https://portal.example/password/change", "password=hunter2-blue"),
            ("https://portal.example/login", "password=hunter2-blue&amount=9000"),
            ("https://portal.example/login", "password=hunter2-blue&password_confirmation=hunter2-blue"),
            ("https://portal.example/login", "password=hunter2-blue&new_password=x"),
            ("https://portal.example/login", "password=hunter2-blue&comment=hello"),
            ("https://portal.example/login", "password=invented-1"),
            ("https://portal.example/login", "name=hunter2-blue&password=invented-1"),
            ("https://portal.example/login", "mail=a@b.my"), ("https://portal.example/login", "password="),
            ("https://portal.example/login", "password=at"),
        ])
    func other(url: String, body: String) {
        #expect(!Self.given().covers(Self.request(url, body)))
    }

    private static func signIn(action: String = "/in/login", label: String = "Sign in", more: String = "")
        -> PageContent
    {
        .html(
            """
            <form method=post action='\(action)'><label>E-mail <input name=mail></label>
            <label>Password <input type=password name=pass></label>\(more)<button>\(label)</button></form>
            """)
    }

    private static func questions(
        _ page: PageContent, goal: String, _ turns: [ScriptedModel.Turn], secret: String? = nil
    ) async throws -> (questions: [String], received: [String]) {
        try await withPages(["/": page, "/in/login": "<p>Welcome</p>", "/in/close": "<p>Closed</p>"]) {
            server, address in
            let open = ScriptedModel.Turn.call("navigate", ["url": .string(address)])
            let click = ScriptedModel.Turn.decide { request in
                let button = SnapshotText.newest(in: request.messages)?.controls.last { $0.role == "button" }
                return .call("click", ["ref": .string(button?.ref ?? "")])
            }
            let bench = AgentBench(ScriptedModel([open] + turns + [click, .say("Done.")]))
            return try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(
                    .automation(AutomationTask(goal: goal.replacing("SITE", with: address))))
                var questions: [String] = []
                while let question = result.interrupts?.first {
                    questions.append(question.message)
                    result = try await bench.run(
                        result.answered(secret.map { ["pass": .string($0)] } ?? ["approved": false]))
                    if questions.count > 5 { break }
                }
                return (questions, server.submissions.map(\.body))
            }
        }
    }

    private static let mail = ScriptedModel.Turn.callOn("fill", role: "textbox", name: "E-mail", ["text": "a@b.my"])
    private static let ask = ScriptedModel.Turn.call(
        "ask_person", ["question": "What is your password?", "secrets": ["pass"]])
    private static let secret = ScriptedModel.Turn.callOn(
        "fill_secret", role: "textbox", name: "Password", ["secret": "pass"])

    private static func typed(_ password: String) -> ScriptedModel.Turn {
        .callOn("fill", role: "textbox", name: "Password", ["text": .string(password)])
    }

    @Test("who has given a password for a site is asked once for one sign-in")
    func once() async throws {
        let found = try await Self.questions(
            Self.signIn(), goal: "How many vehicles are in my account?", [Self.ask, Self.mail, Self.secret],
            secret: "hunter2-blue")
        #expect(found.questions == ["What is your password?"])
        #expect(found.received == ["mail=a%40b.my&pass=hunter2-blue"])
    }

    @Test("who has said the password and the site is not asked at all")
    func never() async throws {
        let found = try await Self.questions(
            Self.signIn(), goal: "Sign in at SITE as a@b.my with the password red-hunter2.",
            [Self.mail, Self.typed("red-hunter2")])
        #expect(found.questions == [])
        #expect(found.received == ["mail=a%40b.my&pass=red-hunter2"])
    }

    @Test(
        "the user is asked about a form that does something else, and about a password that they have not given",
        arguments: [
            (signIn(action: "/in/close"), "red-hunter2"), (signIn(label: "Delete account"), "red-hunter2"),
            (signIn(), "invented-1"),
            (signIn(more: "<label>Repeat <input type=password name=again></label>"), "red-hunter2"),
            (signIn(more: "<input type=hidden name=amount value=9000>"), "red-hunter2"),
        ])
    func otherForms(page: PageContent, password: String) async throws {
        let found = try await Self.questions(
            page, goal: "Sign in at SITE as a@b.my with the password red-hunter2.", [Self.mail, Self.typed(password)])
        #expect(!found.questions.isEmpty)
        #expect(found.received == [])
    }
}
