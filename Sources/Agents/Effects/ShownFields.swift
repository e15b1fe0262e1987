/// What may be told of the values that a page sends: to the user, to the model, and to logs. The values themselves go
/// only to the site.
enum ShownFields {
    /// Words in the names of fields whose values nobody needs to see again.
    private static let secretNames: Set = [
        "password", "passwd", "pwd", "passcode", "passphrase", "pin", "otp", "tac", "totp", "cvv", "cvc", "csc", "cvn",
        "secret", "laluan",
    ]
    private static let hidden = "•••"

    /// Returns a field with a secret value hidden, and a card number reduced to its last four digits.
    /// - Parameter mask: Hides values that are known to be secret, wherever they occur.
    static func shown(_ field: RequestFields.Field, mask: (String) -> String) -> RequestFields.Field {
        var field = field
        if !field.value.isEmpty, !self.secretNames.isDisjoint(with: WebRequest.words(field.name)) {
            field.value = self.hidden
        } else if EffectRules.isCard(field.value) {
            field.value = "\(self.hidden)\(field.value.filter(\.isNumber).suffix(4))"
        } else {
            field.value = mask(field.value)
        }
        return field
    }

    /// Hides texts that were written into password fields.
    static func hiding(_ passwords: Set<String>, in text: String) -> String {
        passwords.reduce(text) { $0.replacing($1, with: self.hidden) }
    }
}
