import BrowserAutomation
import FoundationEssentials

/// Screenshots of the steps, for viewing a run later.
extension BrowserTools {
    /// How long a step waits for its screenshot at most.
    private static let picturePatience = Duration.seconds(5)

    /// Stores a screenshot of the page under a call's id. A screenshot that fails or is late is skipped, because the
    /// task does not depend on it.
    func takePicture(of page: BrowserPage, for callID: String) async {
        guard let keepPicture, let jpeg = await Self.picture(of: page) else { return }
        await keepPicture(callID, jpeg)
    }

    /// Waits for the screenshot or the timeout, whichever comes first. A plain cancellation is not enough: a page that
    /// hangs does not respond to it at once either.
    private static func picture(of page: BrowserPage) async -> Data? {
        let (first, continuation) = AsyncStream.makeStream(of: Data?.self)
        let work = Task {
            let jpeg = try? await page.screenshot(quality: 45)
            continuation.yield(jpeg)
        }
        let limit = Task {
            // This sleep is canceled if the screenshot comes first; nothing waits for it then.
            try? await Task.sleep(for: Self.picturePatience)
            continuation.yield(nil)
        }
        defer {
            work.cancel()
            limit.cancel()
        }
        for await jpeg in first { return jpeg }
        return nil
    }
}
