import FoundationEssentials

/// Locates an installed Chromium executable.
enum ChromiumExecutable {
    /// The executable names that distributions and vendors use, most specific first.
    private static let names = [
        "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge-stable",
    ]
    private static let places = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/snap/bin/chromium", "/opt/google/chrome/chrome", "/usr/lib/chromium/chromium",
    ]

    /// Returns the path of the configured executable, or of the first one found.
    /// - Parameters:
    ///   - configured: The path from the configuration; it must exist if it is set.
    ///   - searchPath: Directories separated by colons, as in `PATH`.
    /// - Throws: ``BrowserError`` with code `cannotStart`.
    static func find(configured: String?, searchPath: String) throws -> String {
        if let configured {
            guard FileManager.default.isExecutableFile(atPath: configured) else {
                throw BrowserError(
                    .cannotStart, "AI4AI_CHROMIUM is '\(configured)', which is no executable file. Correct or unset it."
                )
            }
            return configured
        }
        let candidates =
            self.names.flatMap { name in searchPath.split(separator: ":").map { "\($0)/\(name)" } } + self.places
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BrowserError(
                .cannotStart,
                "No Chromium was found in PATH or the usual places. Install one (Debian: apt install chromium) "
                    + "or set AI4AI_CHROMIUM to its path.")
        }
        return found
    }
}
