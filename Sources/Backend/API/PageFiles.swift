/// The page's files, embedded in the executable by the plugin `EmbedText`.
enum PageFiles {
    static let openAPI = EmbeddedText.files["API/openapi.json"] ?? ""

    #if PAGE_BUNDLE
        /// What `scripts/bundle-page.sh` has made: the document, and all scripts and styles in few parts.
        static let bundle = Self.files(in: "Bundle/")
    #else
        static let bundle: [String: String] = [:]
    #endif

    /// The document for the plain modules.
    static let index = EmbeddedText.files["Page/index.html"] ?? ""

    /// The plain modules and styles, by their names under `/assets/`.
    static let all = Self.files(in: "Page/").filter { $0.key != "index.html" }

    private static func files(in folder: String) -> [String: String] {
        EmbeddedText.files.reduce(into: [:]) { files, file in
            if file.key.hasPrefix(folder) { files[String(file.key.dropFirst(folder.utf8.count))] = file.value }
        }
    }
}
