import BrowserAutomation
import Logging

let logger = Logger(label: "MyBrowser")
let browser = try await BrowserSession.start(
    LocalBrowserSource(logger: logger), configuration: BrowserConfiguration(), logger: logger)

let page = try browser.currentPage()
_ = try await page.navigate(to: "https://en.wikipedia.org")
let fields = try await page.query("input[type=search]", limit: 1)
if let field = fields.first {
    print(try await page.fill(field, with: "Malaysia").text)
    print(try await page.press("Enter", in: field).text)
    print(try await page.readText(budget: 2000))
}

await browser.close()
