/// The language in which the agents write to the user.
public enum UserLanguage: String, Sendable, Codable {
    case english = "en"
    case malay = "ms"

    /// Returns the text in this language.
    package func callAsFunction(_ english: String, _ malay: String) -> String { self == .malay ? malay : english }
}
