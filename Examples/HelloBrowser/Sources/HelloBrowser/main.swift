// Looks up a word on a website and prints the result: `swift run HelloBrowser https://en.wikipedia.org "Malaysia"`.
import BrowserAutomation
import Logging

let address = CommandLine.arguments.dropFirst().first ?? "https://en.wikipedia.org"
let word = CommandLine.arguments.dropFirst(2).first ?? "Malaysia"

var configuration = BrowserConfiguration()
configuration.addressPolicy.allowedDomains = ["wikipedia.org"]

let logger = Logger(label: "HelloBrowser")
let browser = try await BrowserSession.start(
    LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)

do {
    let page = try browser.currentPage()
    print(try await page.navigate(to: address).text)

    // Lines such as `[e12] searchbox "Search Wikipedia"`; actions take the reference in brackets.
    let fields = try await page.query("input[type=search], input[name=search]", limit: 1)
    guard let field = fields.first else { throw BrowserError(.staleReference, "There is no search field.") }
    print(try await page.fill(field, with: word).text)
    print(try await page.press("Enter", in: field).text)
    print(try await page.readText(budget: 2000))
} catch {
    print("That did not work: \(error)")
}
await browser.close()
