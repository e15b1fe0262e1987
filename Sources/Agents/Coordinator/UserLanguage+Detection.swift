public import RuntimeProtocol

extension UserLanguage {
    private static let malayWords: Set = [
        "saya", "aku", "nak", "mahu", "tolong", "semak", "boleh", "untuk", "dan", "yang", "cukai", "jalan", "saman",
        "bayar", "jangan", "kereta", "kenderaan", "berapa", "bila", "apakah", "adakah", "dengan", "atau", "sila",
        "terima", "kasih", "hantar", "cari", "tarikh", "luput", "nombor", "baru", "sudah", "belum", "ini", "itu", "di",
        "ke", "daripada", "sahaja", "tempah", "buka", "perlu", "tidak", "saja",
    ]

    /// By the words of a text; English where it is neither or both.
    public init(of text: String) {
        let words = text.lowercased().split { !$0.isLetter }
        let malay = words.count { Self.malayWords.contains(String($0)) }
        self = malay * 4 > words.count ? .malay : .english
    }
}
