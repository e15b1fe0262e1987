import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

@Suite("Secrets that the user gave", .timeLimit(.minutes(15)))
struct GivenSecretsTests {
    private static let site = "https://portal.example"

    /// The user has typed "hunter2-blue" for the site.
    private static func given() -> GivenSecrets {
        let secrets = SecretStore()
        secrets.set("hunter2-blue", for: SecretRef(name: "pass", origins: [Self.site]))
        return GivenSecrets(secrets: secrets)
    }

    private static func request(_ url: String, _ body: String, method: String = "POST") -> WebRequest {
        WebRequest(
            PageRequest(
                method: method, url: url, contentType: "application/x-www-form-urlencoded", body: Data(body.utf8)))
    }

    @Test(
        "a request that signs in with them at their origin needs no further question",
        arguments: [
            ("/login", "mail=a@b.my&password=hunter2-blue"), ("/members/sign-in", "email=a@b.my&password=hunter2-blue"),
            ("/admin/login/", "username=aminah&password=hunter2-blue&next=%2Fadmin%2F"),
            ("/api/v1/auth/login", #"{"user": {"email": "a@b.my", "password": "hunter2-blue"}}"#),
            ("/session", "session[email]=a@b.my&session[password]=hunter2-blue&remember_me=1&next=/home"),
            ("/users/sign_in.php", "username=a&passwd=hunter2-blue"), ("/log-masuk", "emel=a@b.my&kata=hunter2-blue"),
            ("/wp-login.php", "log=aminah&pwd=hunter2-blue&wp-submit=Log+In&testcookie=1"),
        ])
    func signingIn(path: String, body: String) {
        #expect(Self.given().covers(Self.request(Self.site + path, body)))
    }

    @Test(
        "anything else that has a password needs one: another site, another act, another password, or further fields",
        arguments: [
            ("https://other.example/login", "mail=a@b.my&password=hunter2-blue"),
            ("http://portal.example/login", "password=hunter2-blue"),
            ("https://portal.example:8443/login", "password=hunter2-blue"),
            ("https://portal.example.other.example/login", "password=hunter2-blue"),
            ("https://portal.example/account/close", "password=hunter2-blue"),
            ("https://portal.example/admin/users/password", "password=hunter2-blue"),
            ("https://portal.example/admin/console", "password=hunter2-blue"),
            ("https://portal.example/account/close/auth", "password=hunter2-blue"),
            ("https://portal.example/transfer", "password=hunter2-blue"),
            ("https://portal.example/login/transfer", "password=hunter2-blue"),
            ("https://portal.example/transfers/login", "password=hunter2-blue"),
            ("https://portal.example/payments/77/authenticate", "password=hunter2-blue"),
            ("https://portal.example/documents/5/sign/auth", "password=hunter2-blue"),
            ("https://portal.example/withdrawal/auth", "password=hunter2-blue"),
            ("https://portal.example/account/delete/auth", "password=hunter2-blue"),
            ("https://portal.example/session/close", "password=hunter2-blue"),
            ("https://portal.example/password/change", "password=hunter2-blue"),
            ("https://portal.example/account", "password=hunter2-blue"),
            ("https://portal.example/login", "password=hunter2-blue&amount=9000"),
            ("https://portal.example/login", "password=hunter2-blue&to=mallory"),
            ("https://portal.example/login", "password=hunter2-blue&id=4111111111111111"),
            ("https://portal.example/login", "password=hunter2-blue&submit=Delete+account"),
            ("https://portal.example/login", "password=hunter2-blue&password_confirmation=hunter2-blue"),
            ("https://portal.example/login", "password=hunter2-blue&new_password=x"),
            ("https://portal.example/login", "password=hunter2-blue&again="),
            ("https://portal.example/login", "password=hunter2-blue&comment=hello"),
            ("https://portal.example/login", "password=hunter2-blue&1=mallory"),
            ("https://portal.example/login", "password=hunter2-blue&name=\(String(repeating: "word ", count: 20))"),
            ("https://portal.example/login", "password=invented-1"),
            ("https://portal.example/login", "name=hunter2-blue&password=invented-1"),
            ("https://portal.example/login", "name=a+hunter2-blue&password=hunter2-blue"),
            ("https://portal.example/login", "mail=a@b.my"), ("https://portal.example/login", "password="),
        ])
    func other(url: String, body: String) {
        #expect(!Self.given().covers(Self.request(url, body)))
        #expect(!Self.given().covers(Self.request(Self.site + "/login", "password=hunter2-blue", method: "PUT")))
    }

    private struct Form: Sendable, CustomTestStringConvertible {
        var action = "/in/login"
        var button = "Sign in"
        var more = ""
        var attributes = ""
        var testDescription: String { "\(self.action) \(self.button) \(self.more)\(self.attributes)" }

        var page: PageContent {
            .html(
                """
                <form method=post action='\(self.action)' \(self.attributes)><label>E-mail <input name=mail></label>
                <label>Password <input type=password name=pass></label>\(self.more)<button>\(self.button)</button></form>
                """)
        }
    }

    /// Asks the person for a password, puts it in, and clicks the form's button or presses Enter.
    private static func questions(
        _ form: Form, pressing: Bool = false, isApproved: Bool = false
    ) async throws -> (questions: [String], received: [String]) {
        let pages: [String: PageContent] = [
            "/": form.page, "/in/login": "<p>Welcome</p>", "/in/close": "<p>Closed</p>",
        ]
        return try await withPages(pages) { server, address in
            let send: ScriptedModel.Turn =
                pressing
                ? .callOn("press", role: "textbox", name: "Password", ["key": "Enter"])
                : .callOn("click", role: "button", name: form.button)
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]),
                    .call("ask_person", ["question": "What is your password?", "secrets": ["pass"]]),
                    .callOn("fill", role: "textbox", name: "E-mail", ["text": "a@b.my"]),
                    .callOn("fill_secret", role: "textbox", name: "Password", ["secret": "pass"]), send, .say("Done."),
                ]))
            return try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(.automation(AutomationTask(goal: "How many vehicles do I have?")))
                var questions: [String] = []
                while let question = result.interrupts?.first, questions.count < 6 {
                    questions.append(question.message)
                    let answer: JSONValue =
                        questions.count == 1 ? ["pass": "hunter2-blue"] : ["approved": .bool(isApproved)]
                    result = try await bench.run(result.answered(answer))
                }
                return (questions, server.submissions.map(\.body))
            }
        }
    }

    @Test("who has given a password for a site is asked once for one sign-in", arguments: [false, true])
    func once(pressing: Bool) async throws {
        let found = try await Self.questions(Form(), pressing: pressing)
        #expect(found.questions == ["What is your password?"])
        #expect(found.received == ["mail=a%40b.my&pass=hunter2-blue"])
    }

    @Test(
        "the user is asked about a form that does anything else",
        arguments: [
            Form(action: "/in/close"), Form(button: "Delete account"), Form(button: "Transfer"),
            Form(more: "<p>Pay RM 5,000 to Mallory</p>"), Form(more: "<input type=hidden name=amount value=9000>"),
            Form(more: "<label>Repeat <input type=password name=again></label>"),
            Form(attributes: "onsubmit=\"return confirm('Sign in?')\""),
        ])
    private func otherForms(form: Form) async throws {
        for pressing in [false, true] {
            let found = try await Self.questions(form, pressing: pressing)
            #expect(found.questions.count == 2 && found.received == [], "\(found)")
        }
    }

    @Test("a secret that has signed in is not sent a second time without a question")
    func again() async throws {
        let post =
            "fetch('/in/login', {method: 'POST', body: new URLSearchParams({mail: 'a', pass: document.querySelector('[type=password]').value})})"
        let once = try await Self.questions(
            Form(button: "Go", attributes: "onsubmit=\"event.preventDefault(); \(post)\""))
        #expect(once.questions.count == 1 && once.received.count == 1, "\(once)")
        let twice = try await Self.questions(
            Form(
                button: "Go",
                attributes:
                    "onsubmit=\"event.preventDefault(); \(post).then(() => \(post.replacing("'a'", with: "'b'")))\""))
        #expect(twice.questions.count == 2 && twice.received.count == 1, "\(twice)")
    }

    @Test("a sign-in that the page wants confirmed is sent once after a yes")
    func confirmed() async throws {
        let found = try await Self.questions(
            Form(attributes: "onsubmit=\"return confirm('Sign in?')\""), isApproved: true)
        #expect(found.questions.count == 2 && found.received == ["mail=a%40b.my&pass=hunter2-blue"])
    }
}
