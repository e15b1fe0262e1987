package import RuntimeProtocol
import TextCoding

extension RecipeSummary {
    /// What somebody asks who wants this with these values.
    package func goal(_ values: [String: String]) -> String {
        func filled(_ text: String) -> String {
            self.parameters.reduce(text) { $0.replacing("{\($1.name)}", with: values[$1.name] ?? "") }
        }
        let whole = self.when.first { line in self.parameters.allSatisfy { line.contains("{\($0.name)}") } }
        let list = self.parameters.map { "\($0.name) = \(values[$0.name] ?? "")" }.joined(separator: ", ")
        let words = whole.map(filled) ?? "\(filled(self.when.first ?? self.name)) \(list)"
        return "\(words.trimmed) (at \(self.sites.joined(separator: ", ")))"
    }
}
