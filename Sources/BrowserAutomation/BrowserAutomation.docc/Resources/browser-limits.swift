import BrowserAutomation
import Logging

var configuration = BrowserConfiguration()
configuration.addressPolicy.allowedDomains = ["example.com"]
configuration.secrets.set("correct horse", for: SecretRef(name: "password", origins: ["https://example.com"]))
configuration.requestJudge = { request in request.method == "DELETE" ? .stop : .pass }

let logger = Logger(label: "MyBrowser")
let browser = try await BrowserSession.start(
    LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)

let page = try browser.currentPage()
_ = try await page.navigate(to: "https://example.com/sign-in")
if let field = try await page.query("input[type=password]", limit: 1).first {
    // The value is entered only if the page's origin is the secret's.
    print(try await page.fill(field, withSecret: "password").text)
}

await browser.close()
