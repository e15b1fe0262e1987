/// How a message names the files that the user attached to it.
package enum AttachedFiles {
    private static let lead = "\n\nAttached files: "

    /// The text with the names of files.
    package static func listed(_ names: [String], after text: String) -> String {
        text + self.lead + names.joined(separator: ", ")
    }

    /// The names of the files of a message.
    package static func names(in text: String) -> [String] {
        guard let range = text.firstRange(of: self.lead) else { return [] }
        return text[range.upperBound...].split(separator: ", ").map(String.init)
    }

    /// The user's own words.
    package static func words(of text: String) -> String {
        text.firstRange(of: self.lead).map { String(text[..<$0.lowerBound]) } ?? text
    }
}
