import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Synchronization
import TextCoding
import Vault

/// The part of the portal for members: a password, then a one-time code, then an account with a session of its own.
///
/// The session's cookie ends with the browser, as many portals have it, and the site can end all sessions.
struct Members: Sendable {
    private static let cookie = "member"
    /// The cookie of someone who has given the password only.
    private static let half = "member-half"

    /// The sessions that are open, by their cookies' values.
    final class Sessions: Sendable {
        let open = Mutex<Set<String>>([])
    }

    let sessions: Sessions
    let receive: @Sendable (Request) async throws -> [String: String]

    func add(to router: Router<BasicRequestContext>) {
        let sessions = self.sessions
        router.get("/members") { request, _ in
            sessions.open.withLock { $0.contains(Self.value(of: Self.cookie, in: request) ?? "") }
                ? Self.account.response : Response.redirect(to: "/members/sign-in", type: .normal)
        }
        router.get("/members/sign-in") { _, _ in Self.signIn(problem: nil).response }
        router.post("/members/sign-in") { [receive] request, _ in
            let form = try await receive(request)
            guard form["email"] == DemoSite.member.email, form["password"] == DemoSite.member.password else {
                return Self.signIn(problem: "E-mail or password is wrong.").response
            }
            return Self.redirect(to: "/members/code", setting: Self.half, to: Self.token(Self.half))
        }
        router.get("/members/code") { request, _ in
            Self.value(of: Self.half, in: request) == Self.token(Self.half)
                ? Self.code(problem: nil).response : Response.redirect(to: "/members/sign-in", type: .normal)
        }
        router.post("/members/code") { [receive] request, _ in
            let form = try await receive(request)
            guard Self.value(of: Self.half, in: request) == Self.token(Self.half) else {
                return Response.redirect(to: "/members/sign-in", type: .normal)
            }
            let given = form["code", default: ""].filter { !$0.isWhitespace }
            guard try OneTimeCode(DemoSite.member.key).isValid(given, at: Date()) else {
                return Self.code(problem: "This code is wrong, or too old.").response
            }
            let session = Self.token(UUID().uuidString)
            sessions.open.withLock { _ = $0.insert(session) }
            return Self.redirect(to: "/members", setting: Self.cookie, to: session)
        }
        // As portals do after some time.
        router.get("/members/time-out") { _, _ in
            sessions.open.withLock { $0 = [] }
            return Self.signIn(problem: "You were signed out, because you did nothing for a while.").response
        }
        router.post("/members/sign-out") { request, _ in
            sessions.open.withLock { _ = $0.remove(Self.value(of: Self.cookie, in: request) ?? "") }
            return Self.redirect(to: "/members/sign-in", setting: Self.cookie, to: "")
        }
    }

    private static func token(_ seed: String) -> String { Data(SHA256.hash(data: Data(seed.utf8))).base64URL }

    private static func value(of name: String, in request: Request) -> String? { request.cookies[name]?.value }

    private static func redirect(to path: String, setting name: String, to value: String) -> Response {
        var response = Response.redirect(to: path, type: .normal)
        response.setCookie(
            Cookie(
                name: name, value: value, maxAge: value.isEmpty ? 0 : nil, path: "/members", httpOnly: true,
                sameSite: .lax))
        return response
    }

    private static func problem(_ text: String?) -> String {
        text.map { "<p class=\"error\" role=\"alert\">\($0)</p>" } ?? ""
    }

    private static func signIn(problem: String?) -> Page {
        Page(
            title: "Members: sign in",
            body: """
                <h1>Members</h1>\(self.problem(problem))
                <form action="/members/sign-in" method="post"><label for="email">E-mail</label>
                <input id="email" name="email" type="email"><label for="password">Password</label>
                <input id="password" name="password" type="password"><button>Sign in</button></form>
                """)
    }

    private static func code(problem: String?) -> Page {
        Page(
            title: "Members: code",
            body: """
                <h1>Enter your code</h1>\(self.problem(problem))
                <form action="/members/code" method="post"><label for="code">One-time code from your app</label>
                <input id="code" name="code" autocomplete="one-time-code" inputmode="numeric"><button>Sign in</button></form>
                """)
    }

    private static let account = Page(
        title: "Members",
        body: """
            <h1>Welcome, Aminah</h1><dl><dt>Member number</dt><dd>M-4711</dd><dt>Points</dt><dd>1,250</dd>
            <dt>Last visit</dt><dd id="visit">none</dd></dl>
            <form action="/members/sign-out" method="post"><button class="plain">Sign out</button></form>
            <script>
            document.getElementById("visit").textContent = localStorage.getItem("visit") ?? "none";
            localStorage.setItem("visit", "kept in this browser");
            </script>
            """)
}

extension DemoSite {
    /// The only member of the practice site.
    public static let member = (email: "aminah@example.com", password: "demo-password", key: "JBSWY3DPEHPK3PXPJBSWY3DP")
}
