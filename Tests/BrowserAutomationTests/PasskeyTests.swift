import BrowserAutomation
import TestSupport
import Testing

/// Passkeys can't be used in a browser that runs elsewhere, so that a page that asks for one must hear so at once.
@Suite("Passkeys", .timeLimit(.minutes(15)))
struct PasskeyTests {
    private static func ask(_ call: String) -> String {
        """
        <p id=told>waiting</p><script>
        const challenge = new Uint8Array(16);
        \(call).then((value) => { told.textContent = `answer ${value}`; }, (error) => { told.textContent = error.name; });
        </script>
        """
    }

    static let made =
        "rp: {name: 'x'}, user: {id: challenge, name: 'a', displayName: 'a'}, pubKeyCredParams: [{type: 'public-key', alg: -7}]"

    @Test(
        "a page hears at once that there is no passkey, and only a request to sign in with one is an obstacle",
        arguments: [
            ("navigator.credentials.get({publicKey: {challenge}})", "NotAllowedError", PageObstacle.passkey),
            ("navigator.credentials.create({publicKey: {challenge, \(Self.made)}})", "NotAllowedError", nil),
            ("PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()", "answer false", nil),
            ("PublicKeyCredential.isConditionalMediationAvailable()", "answer false", nil),
        ] as [(String, String, PageObstacle?)])
    func refused(call: String, told: String, obstacle: PageObstacle?) async throws {
        try await withPages(["/": .html(Self.ask(call))]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                _ = try await page.wait(for: .text(told), timeout: .seconds(60))
                #expect(try await page.obstacle() == obstacle)
            }
        }
    }

    @Test("a request in a frame of the page is an obstacle too")
    func frame() async throws {
        let call = Self.ask("navigator.credentials.get({publicKey: {challenge}})")
        try await withPages(["/": .html("<iframe src=/frame></iframe>"), "/frame": .html(call)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                _ = try await page.wait(for: .text("NotAllowedError"), timeout: .seconds(60))
                #expect(try await page.obstacle() == .passkey)
            }
        }
    }

    @Test("a field that only offers passkeys in its list is no obstacle")
    func conditional() async throws {
        let call = Self.ask("navigator.credentials.get({publicKey: {challenge}, mediation: 'conditional'})")
        try await withPages(["/": .html(call)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                #expect(try await page.obstacle() == nil)
            }
        }
    }
}
