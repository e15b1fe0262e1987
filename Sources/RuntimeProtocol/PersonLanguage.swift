/// The language in which the agents write to the user.
public enum PersonLanguage: String, Sendable, Codable {
    case english = "en"
    case malay = "ms"
}
