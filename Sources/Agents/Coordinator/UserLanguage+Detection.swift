public import RuntimeProtocol

extension UserLanguage {
    private static let malayWords: Set = [
        "saya", "aku", "nak", "mahu", "tolong", "semak", "boleh", "untuk", "dan", "yang", "cukai", "jalan", "saman",
        "bayar", "jangan", "kereta", "kenderaan", "berapa", "bila", "apakah", "adakah", "dengan", "atau", "sila",
        "terima", "kasih", "hantar", "cari", "tarikh", "luput", "nombor", "baru", "sudah", "belum", "ini", "itu", "di",
        "ke", "daripada", "sahaja", "tempah", "buka", "perlu", "tidak", "saja",
    ]

    /// Detects the language from the words of a text. Defaults to English if the text is in neither language or in
    /// both.
    public init(of text: String) {
        let words = text.lowercased().split { !$0.isLetter }
        let malay = words.count { Self.malayWords.contains(String($0)) }
        self = malay * 4 > words.count ? .malay : .english
    }
}
