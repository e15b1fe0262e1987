import RuntimeProtocol

/// The vocabulary for recognizing prohibitions in a request, in English and Malay.
enum ProhibitionParser {
    /// Words for prohibited actions, after a negation. A prohibited booking also prohibits its payment.
    static let verbs = Phrases(
        Self.verbLists.flatMap { list in list.phrases.map { ($0, list.kinds) } })

    private static let verbLists: [(phrases: [String], kinds: Set<ActionKind>)] = [
        (
            [
                "pay", "paying", "payment", "payments", "buy", "buying", "purchase", "purchasing", "checkout", "bayar",
                "membayar", "bayaran", "pembayaran", "beli", "membeli", "spend", "spending", "spend money", "top up",
                "tambah nilai",
            ], [.pay]
        ),
        (["book", "booking", "order", "ordering", "reserve", "tempah", "menempah"], [.pay, .submit]),
        (
            [
                "submit", "submitting", "apply", "applying", "confirm", "confirming", "register", "registering",
                "sign up", "transfer", "transferring", "mohon", "memohon", "sahkan", "mengesahkan", "daftar",
                "mendaftar",
            ], [.submit]
        ),
        (
            [
                "send", "sending", "post", "posting", "publish", "publishing", "share", "sharing", "reply", "replying",
                "hantar", "menghantar", "kongsi", "balas", "membalas",
            ], [.send]
        ),
        (
            [
                "delete", "deleting", "remove", "removing", "cancel", "cancelling", "canceling", "padam", "padamkan",
                "memadam", "hapus", "hapuskan", "buang", "batal", "batalkan", "membatalkan",
            ], [.delete]
        ),
        (
            [
                "sign", "signing", "agree", "agreeing", "accept", "accepting", "tandatangan", "menandatangani",
                "setuju",
                "bersetuju",
            ], [.sign]
        ),
        (["upload", "uploading", "muat naik"], [.upload]),
        (["sign in", "log in", "login", "logging in", "log masuk", "daftar masuk"], [.credentials]),
    ]

    static let negations = Phrases([
        "do not", "dont", "must not", "mustnt", "should not", "shouldnt", "may not", "not to", "please not", "but not",
        "and not", "do nothing", "change nothing", "touch nothing", "never", "without", "avoid", "refrain from",
        "stop before", "jangan", "jgn", "tanpa", "tidak perlu",
        "tak perlu", "tak payah", "tak mahu", "tak nak", "tidak mahu", "tak mau", "usah", "bukan untuk",
    ])

    /// The first words of negations that need not be followed by a verb. If no known verb follows, such a negation
    /// prohibits nothing.
    static let weakNegations: Set = [
        "without", "tanpa", "avoid", "never", "not", "please", "but", "and", "tidak", "tak", "bukan",
    ]

    /// Verbs that turn a negation into a request, as in "do not forget to pay".
    static let reversals: Set = [
        "forget", "lupa", "leave", "miss", "fail", "hesitate", "worry", "mind", "risau", "terlepas", "care",
    ]

    /// Words that appear in prohibitions in other languages, but in no English or Malay sentence.
    static let foreignNegations = [
        "不要", "别", "別", "请勿", "請勿", "不得", "しないで", "するな", "しません", "하지 마", "하지마", "않", " nicht ", " keine ", " kein ",
        " ne pas ", " pas ", " não ", " nao ", " niet ", " ikke ", " inte ", "не ", "нельзя", "لا ", "بدون", "मत ",
        "नहीं", "ห้าม", "อย่า", "đừng", "không ", "வேண்டாம்", "கூடாது", "sin pagar", "no pagues", "no compres", "no envíes",
        "no borres", " senza ", "nie ",
    ]

    /// Verbs that ask to see something. A clause that starts with one and ends with a word of ``only`` prohibits
    /// everything else.
    static let looking: Set = [
        "tell", "show", "check", "find", "list", "look", "read", "give", "semak", "lihat", "tengok", "cari", "beritahu",
    ]
    static let only: Set = ["only", "sahaja", "saja", "je"]

    /// Words that may appear between a negation and its verb.
    static let fillers: Set = [
        "a", "actually", "any", "anything", "really", "money", "button", "on", "click", "press", "complete", "my",
        "dulu", "buat", "ever", "for", "just", "make", "making", "membuat",
        "sebarang", "terus", "the", "to", "want", "you", "yet", "untuk",
    ]

    /// Conjunctions between two verbs of one negation.
    static let alternatives: Set = ["or", "nor", "atau"]

    /// Phrases that prohibit a kind of action without a negated verb.
    static let nothings = Phrases<ActionKind>([
        ("no payment", .pay), ("no payments", .pay), ("no purchase", .pay), ("pay nothing", .pay),
        ("buy nothing", .pay), ("submit nothing", .submit), ("send nothing", .send), ("delete nothing", .delete),
        ("sign nothing", .sign), ("tiada bayaran", .pay), ("no paying", .pay), ("no buying", .pay),
        ("no purchasing", .pay), ("no booking", .pay), ("no ordering", .pay), ("no sending", .send),
        ("no posting", .send), ("no deleting", .delete), ("no removing", .delete), ("no signing", .sign),
        ("no submitting", .submit), ("no uploads", .upload), ("no uploading", .upload),
    ])

    /// Words after a verb that make a prohibition partial. Asking the user covers that case.
    static let conditions: Set = [
        "if", "unless", "until", "before", "except", "than", "twice", "late", "without", "jika", "kalau", "kecuali",
        "melainkan", "sebelum", "sehingga", "lebih", "tanpa",
    ]

    /// Words that stand for all that the request doesn't ask for, as in "do not change anything else". Each action is asked
    /// about anyway, so with a request for a change, such a clause prohibits nothing.
    static let remainders: Set = ["else", "elsewhere", "other", "others", "rest", "lain", "selebihnya", "selainnya"]

    /// Verbs that mean any action. "Do not let others see it" means a certain one.
    static let anyAction: Set = [
        "alter", "change", "do", "edit", "modify", "nothing", "touch", "buat", "kacau", "sentuh", "tukar", "ubah",
        "usik",
    ]

    /// Verbs that ask for a change at the start of a clause. They name no consequential action.
    static let changing: Set = [
        "activate", "add", "assign", "change", "correct", "create", "deactivate", "disable", "edit", "enable", "enter",
        "fill", "fix", "grant", "make", "mark", "move", "put", "rename", "replace", "save", "set", "tick", "update",
        "write", "betulkan", "buat", "gantikan", "isi", "kemas", "pindahkan", "simpan", "tambah", "tandakan",
        "tetapkan", "tukar", "tukarkan", "tulis", "ubah",
    ]

    /// Words before the verb of a clause that asks for something.
    static let courtesies: Set = ["please", "kindly", "also", "first", "now", "tolong", "sila", "mohon"]

    /// A sentence that starts with one of these words prohibits nothing by itself.
    static let conditionalOpenings: Set = ["if", "unless", "why", "jika", "kalau", "sekiranya", "kenapa", "mengapa"]

    static let lookOnly = Phrases([
        "check only", "only check", "just check", "just look", "only look", "look only", "read only", "only read",
        "just read", "semak sahaja", "semak saja", "hanya semak", "semak je", "lihat sahaja", "lihat saja",
        "hanya lihat", "tengok sahaja", "tengok saja", "sekadar semak",
    ])

    /// Words that introduce a requested action.
    static let urging: Set = ["and", "then", "dan", "kemudian", "lalu"]

    /// Verbs that ask for an action at the start of a clause. The other verbs can also be nouns.
    static let imperatives: Set = [
        "pay", "buy", "submit", "apply", "register", "send", "delete", "remove", "cancel", "sign", "upload", "bayar",
        "beli", "tempah", "mohon", "daftar", "hantar", "padam", "batalkan", "tandatangan",
    ]
}
