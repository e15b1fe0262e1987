/// The language in which the agents write to the user.
public enum UserLanguage: String, Sendable, Codable {
    case english = "en"
    case malay = "ms"
}
