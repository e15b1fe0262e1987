import BrowserAutomation
import FoundationEssentials

/// Pictures of the steps, for people who look at a run later.
extension BrowserTools {
    /// The longest that a step is held up by its picture.
    private static let picturePatience = Duration.seconds(2)

    /// Keeps a picture of the page under a call's id. One that fails or is late is left out: it is no part of the work.
    func takePicture(of page: BrowserPage, for callID: String) async {
        guard let keepPicture, let jpeg = await Self.picture(of: page) else { return }
        await keepPicture(callID, jpeg)
    }

    /// Waits for whichever is first, the picture or the end of patience: a page that hangs does not answer at once when
    /// it is told to stop either.
    private static func picture(of page: BrowserPage) async -> Data? {
        let (first, continuation) = AsyncStream.makeStream(of: Data?.self)
        let work = Task {
            let jpeg = try? await page.screenshot(quality: 45)
            continuation.yield(jpeg)
        }
        let limit = Task {
            // Cancelled when the picture comes first; nobody waits for it any more then.
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
