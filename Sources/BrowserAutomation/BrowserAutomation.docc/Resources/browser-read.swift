import BrowserAutomation
import Logging

let logger = Logger(label: "MyBrowser")
let browser = try await BrowserSession.start(
    LocalBrowserSource(logger: logger), configuration: BrowserConfiguration(), logger: logger)

let page = try browser.currentPage()
_ = try await page.navigate(to: "https://example.com")
print(try await page.snapshot().text)

await browser.close()
