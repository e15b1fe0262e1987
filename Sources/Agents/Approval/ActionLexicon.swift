import RuntimeProtocol

/// Classifies the labels of elements by the kind of action they announce. It matches whole words, ignoring case; the
/// tables in this file are English and Malay.
enum ActionLexicon {
    /// Ordered by consequence, most serious first: "Confirm and pay" is a payment.
    private static let kinds: [(kind: ActionKind, phrases: [String])] = [
        (
            .pay,
            [
                "pay", "buy", "purchase", "checkout", "check out", "place order", "place your order", "place bid",
                "make payment", "confirm payment", "submit payment", "complete payment", "proceed to payment",
                "donate", "top up", "topup", "paypal", "fpx", "duitnow", "bayar", "beli", "tempah", "derma",
                "tambah nilai", "buat bayaran", "buat pembayaran", "sahkan bayaran", "sahkan pembayaran",
                "teruskan pembayaran",
            ]
        ),
        (
            .delete,
            [
                "delete", "remove", "erase", "discard", "deactivate", "terminate", "unsubscribe", "close account",
                "close my account", "cancel booking", "cancel my booking", "cancel order", "cancel reservation",
                "cancel appointment", "cancel application", "cancel subscription", "cancel membership", "cancel plan",
                "cancel policy", "cancel ticket", "cancel trip", "cancel flight", "padam", "padamkan", "hapus",
                "hapuskan", "buang", "batal", "batalkan", "tutup akaun",
            ]
        ),
        (
            .sign,
            [
                "sign", "esign", "agree", "accept terms", "accept the terms", "accept agreement", "accept offer",
                "accept and continue", "tandatangan", "tandatangani", "setuju", "bersetuju", "terima syarat",
                "terima tawaran",
            ]
        ),
        (
            .send,
            [
                "send", "post", "publish", "share", "reply", "reply all", "forward", "tweet", "hantar", "hantarkan",
                "kirim", "siarkan", "terbitkan", "kongsi", "balas",
            ]
        ),
        (
            .submit,
            [
                "submit", "apply", "confirm", "register", "book", "reserve", "transfer", "withdraw", "order",
                "subscribe", "enrol", "enroll", "renew", "mohon", "sahkan", "daftar", "pindahkan", "perbaharui",
                "pesan",
            ]
        ),
    ]

    /// Phrases that contain one of these words but mean something else.
    private static let others = [
        "sign in", "sign out", "daftar masuk", "daftar keluar", "apply filter", "apply filters", "remove filter",
        "remove filters", "remove all filters", "order by", "sort order", "check out date", "post code", "share price",
        "order history", "order status", "order details", "order number", "my orders", "track order", "sejarah pesanan",
        "pay slip",
    ]

    private static let dismissals: Set = [
        "cancel", "close", "no", "no thanks", "not now", "dismiss", "later", "skip", "batal", "tutup", "tidak",
        "tidak terima kasih", "nanti", "langkau",
    ]

    /// First words of labels that only show something.
    private static let looking: Set = [
        "search", "check", "find", "filter", "show", "view", "cari", "semak", "tapis", "lihat", "papar",
    ]
    /// First words of labels that navigate forward or back.
    private static let moving: Set = ["next", "continue", "back", "previous", "seterusnya", "teruskan", "kembali"]
    private static let joining: Set = ["and", "then", "dan", "lalu"]

    /// Words in the labels of fields whose content is sent to other people.
    private static let messages: Set = [
        "message", "mesej", "reply", "balas", "comment", "komen", "chat", "sembang", "send", "hantar", "post",
    ]

    /// Returns the kind of action that a label announces; `nil` if it announces none.
    static func kind(of name: String) -> ActionKind? {
        let words = self.words(name)
        let whole = " \(words.joined(separator: " ")) ".replacing(" sign up ", with: " register ")
        let plain = self.furtherOthers.reduce(whole) { $0.replacing($1, with: " ") }
        let text = self.others.reduce(plain) { $0.replacing(" \($1) ", with: " ") }
        let kind = self.kinds.first { kind, phrases in
            phrases.contains { text.contains(" \($0) ") }
                || self.further[kind]?.contains { text.contains(" \($0) ") } ?? false
                || self.furtherParts[kind]?.contains { text.contains($0) } ?? false
        }?.kind
        // "Check order" only shows an order; "Check and confirm" also confirms it.
        guard kind == .submit, let first = words.first, self.looking.contains(first),
            self.joining.isDisjoint(with: words)
        else { return kind }
        return nil
    }

    /// Returns whether a label only declines or dismisses something.
    static func isDismissal(_ name: String) -> Bool {
        self.dismissals.contains(self.words(name).joined(separator: " "))
    }

    /// Returns whether a label says nothing but "Submit", and not what.
    static func isOnlySubmit(_ name: String) -> Bool { self.words(name) == ["submit"] }

    static func isForLooking(_ name: String) -> Bool {
        self.words(name).first.map { self.looking.contains($0) || self.moving.contains($0) } ?? false
    }

    static func isForMessages(_ name: String) -> Bool { !self.messages.isDisjoint(with: self.words(name)) }

    /// Returns the words of a text in lowercase. Apostrophes do not split words, so `don't` is one word.
    static func words(_ text: some StringProtocol) -> [String] {
        text.lowercased().filter { !"'’‘ʼ´`′".contains($0) }.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
