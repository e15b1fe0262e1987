import Foundation

/// Writes a Swift file with the contents of text files: `embed-text OUTPUT ROOT FILE…`. The contents are in the dictionary
/// `EmbeddedText.files`, by their paths below the root. The plugin of the same name runs it.
@main struct EmbedText {
    static func main() throws {
        let paths = CommandLine.arguments.dropFirst()
        guard paths.count > 2 else { throw Unusable(description: "Usage: embed-text OUTPUT ROOT FILE…") }
        let (output, root, files) = (paths[1], paths[2], paths.dropFirst(2))
        var source = "enum EmbeddedText {\n    static let files: [String: String] = [\n"
        for file in files {
            guard let text = String(validating: try Data(contentsOf: URL(filePath: file)), as: UTF8.self) else {
                throw Unusable(description: "\(file) is no UTF-8 text.")
            }
            source += "        \(self.literal(file.dropFirst(root.count + 1))): \(self.literal(text)),\n"
        }
        source += "    ]\n}\n"
        try Data(source.utf8).write(to: URL(filePath: output), options: .atomic)
    }

    private struct Unusable: Error, CustomStringConvertible { var description: String }

    private static func literal(_ text: some StringProtocol) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": literal += "\\\(scalar)"
            case "\n": literal += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                literal += "\\u{\(String(scalar.value, radix: 16))}"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
