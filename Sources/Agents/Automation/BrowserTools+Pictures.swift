import BrowserAutomation
import FoundationEssentials
import Waiting

/// Screenshots of the steps, for viewing a run later.
extension BrowserTools {
    /// How long a step waits for its screenshot at most.
    private static let pictureTimeout = Duration.seconds(5)

    /// Stores a screenshot of the page under a call's id. A screenshot that fails or is late is skipped, because the
    /// task does not depend on it.
    func takePicture(of page: BrowserPage, for callID: String) async {
        guard let keepPicture,
            let taken = await result(
                within: Self.pictureTimeout, of: { try? await page.screenshot(quality: 45) }), let jpeg = taken
        else { return }
        await keepPicture(callID, jpeg)
    }
}
