import TextCoding

/// A request as words, without regard to case, endings, and small slips of the keyboard.
struct SentenceWords {
    struct Word: Hashable {
        /// In lower case, as it is spelled.
        var text: String
        var range: Range<String.Index>
        var isCapitalised: Bool
    }

    let words: [Word]

    init(_ sentence: String) {
        var words: [Word] = []
        var start: String.Index?
        func close(_ end: String.Index) {
            if let from = start {
                let text = sentence[from..<end].lowercased()
                words.append(
                    Word(
                        text: Self.spelled[text] ?? text, range: from..<end,
                        isCapitalised: sentence[from].isUppercase))
            }
            start = nil
        }
        for index in sentence.indices {
            let character = sentence[index]
            // The apostrophe of "what's" is a part of its word.
            if character.isLetter || character.isNumber || start != nil && "'’".contains(character) {
                start = start ?? index
            } else {
                close(index)
            }
        }
        close(sentence.endIndex)
        self.words = words
    }

    /// The places where a phrase stands.
    func places(of phrase: String) -> [Range<Int>] {
        let wanted = SentenceWords(phrase).words.map(\.text)
        guard !wanted.isEmpty, wanted.count <= self.words.count else { return [] }
        return (0...self.words.count - wanted.count).filter { start in
            zip(self.words[start...], wanted).allSatisfy { Self.isSame($0.text, $1) }
        }.map { $0..<$0 + wanted.count }
    }

    /// Whether the sentence forbids something, or says what is not wanted.
    /// - Parameter wholly: Whether only a sentence counts that begins with it.
    func forbids(wholly: Bool) -> Bool {
        if wholly, let first = self.words.first(where: { !Self.isFiller($0.text) || Self.negations.contains($0.text) })
        {
            return Self.negations.contains(first.text) && first.text != "no"
        }
        return self.hasNegation
    }

    /// Whether the sentence may ask for something to be done: it's no question about it, no condition, and no reminder, and
    /// doesn't say that it was done.
    var asksForDeed: Bool {
        guard let first = self.words.first, !Self.asking.contains(first.text) else { return false }
        return !self.words.enumerated().contains { index, word in
            let after = index + 1 < self.words.count ? self.words[index + 1].text : ""
            return Self.conditions.contains(word.text) || word.text.hasSuffix("n't") || word.text.hasSuffix("n’t")
                || ["sudah", "already", "pernah"].contains(word.text) && Self.isDeed(after)
        }
    }

    private static let asking: Set = [
        "do", "did", "does", "have", "has", "had", "should", "shall", "must", "is", "are", "am", "was", "were", "why",
        "when", "what", "which", "who", "how", "where", "if", "may", "adakah", "perlukah", "patutkah", "bolehkah",
        "kenapa", "mengapa", "bagaimana", "siapa", "bila", "berapa", "apa", "perlu", "patut",
    ]
    private static let conditions: Set = [
        "if", "unless", "until", "whether", "when", "should", "cannot", "cant", "wont", "shouldnt", "remind",
        "reminder", "later", "tomorrow", "yesterday", "next", "kalau", "jika", "sekiranya", "apabila", "bila",
        "ingatkan", "peringatan", "nanti", "esok", "semalam", "sebelum", "before", "after", "selepas", "while",
        "wonder", "think", "thinking", "maybe", "mungkin", "rasa", "forgot", "lupa", "paid", "how", "why", "what",
        "which",
    ]

    /// Whether the sentence asks for something to be done, rather than tell of it.
    var beginsWithDeed: Bool {
        guard let index = self.words.firstIndex(where: { !Self.isFiller($0.text) }) else { return false }
        // "My son has just bought a car" tells of a deed.
        return Self.isDeed(self.words[index].text)
            && !self.words[..<index].contains { ["baru", "sudah", "already", "pernah"].contains($0.text) }
    }

    private var hasNegation: Bool {
        self.words.enumerated().contains { index, word in
            guard Self.negations.contains(word.text) else { return false }
            // "Ada tak …?" asks whether there is something.
            let before = index > 0 ? self.words[index - 1].text : ""
            let after = index + 1 < self.words.count ? self.words[index + 1].text : nil
            // In Malay, "no" is a number, as in "no giliran".
            if word.text == "no" { return after.map(Self.isDeed) ?? false }
            // At the end it asks, in both languages: "… or not?"
            if after == nil, ["not", "tidak", "tak"].contains(word.text) { return false }
            return !(["tidak", "tak"].contains(word.text) && ["ada", "boleh", "dapat", "sudah"].contains(before))
        }
    }

    /// The sentences of a text, which may tell a story before it asks.
    static func clauses(of text: String) -> [String] {
        text.split { ".?!;,\n".contains($0) }.map(String.init).filter { $0.contains(where: \.isLetter) }
    }

    /// The nearest word on one side that means something.
    func neighbour(of index: Int, by step: Int) -> Int? {
        var other = index + step
        while self.words.indices.contains(other), Self.isFiller(self.words[other].text) { other += step }
        return self.words.indices.contains(other) ? other : nil
    }

    /// The words as they are written.
    func text(of range: Range<Int>, in sentence: String) -> String {
        String(
            sentence[self.words[range.lowerBound].range.lowerBound..<self.words[range.upperBound - 1].range.upperBound])
    }

    static func isSame(_ word: String, _ wanted: String) -> Bool {
        if word == wanted { return true }
        // One digit more is another number.
        guard !wanted.contains(where: \.isNumber) else { return false }
        let (first, second) = (self.stem(word), self.stem(wanted))
        return first == second || first.count >= 5 && second.count >= 5 && self.isSlip(first, second)
    }

    /// Without the common endings of English and of Malay, and the Malay prefix of the passive.
    private static func stem(_ word: String) -> String {
        var stem = word[...]
        if let prefix = ["meng", "mem", "men", "ber", "di"].first(where: {
            stem.hasPrefix($0) && stem.count > $0.count + 4
        }) {
            stem = stem.dropFirst(prefix.count)
        }
        for ending in ["'s", "’s", "nya", "kah", "lah", "kan", "ing", "ed", "es", "s"]
        where stem.count > ending.count + 3 && stem.hasSuffix(ending) {
            return String(stem.dropLast(ending.count))
        }
        return String(stem)
    }

    /// Whether one letter is wrong, missing, or too many, or two are swapped.
    private static func isSlip(_ first: String, _ second: String) -> Bool {
        let (a, b) = (Array(first), Array(second))
        guard abs(a.count - b.count) <= 1 else { return false }
        let start = zip(a, b).prefix { $0 == $1 }.count
        let end = zip(a.dropFirst(start).reversed(), b.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        let (left, right) = (a.count - start - end, b.count - start - end)
        if max(left, right) <= 1 { return true }
        return left == 2 && right == 2 && a[start] == b[start + 1] && a[start + 1] == b[start]
    }

    // MARK: Vocabulary

    /// Whether a word says nothing about what is asked.
    static func isFiller(_ word: String) -> Bool {
        self.fillers.contains(word) || self.fillers.contains(self.stem(word))
    }

    /// Whether a word is somebody whose affair it may be rather than the user's.
    static func isPerson(_ word: String) -> Bool {
        self.persons.contains(word) || self.persons.contains(self.stem(word))
    }

    private static let persons: Set = [
        "dad", "dad's", "mum", "mum's", "mom", "mom's", "wife", "husband", "son", "son's", "daughter", "brother",
        "sister", "friend", "uncle", "auntie", "boss", "he", "his", "she", "her", "they", "their", "dia", "bapak",
        "ayah", "mak", "emak", "ibu", "suami", "isteri", "anak", "adik", "kakak", "kawan", "pakcik", "makcik",
    ]

    static func isNegation(_ word: String) -> Bool { self.negations.contains(word) }

    /// Whether a word is part of the language, so that it's no name before a number: "in 2025" is no number plate.
    static func areCommon(_ word: String) -> Bool {
        let word = word.lowercased()
        return self.isFiller(word) || self.negations.contains(word) || self.common.contains(word)
    }

    /// Whether a word asks for something to be done that can't be undone.
    static func isDeed(_ word: String) -> Bool { self.deeds.contains(word) || self.deeds.contains(self.stem(word)) }

    /// Whether a word stands before a place: "in Ipoh".
    static func isPlacePreposition(_ word: String) -> Bool { self.placePrepositions.contains(word) }

    private static let placePrepositions: Set = [
        "in", "near", "at", "around", "to", "di", "ke", "dekat", "kat", "dengan", "sekitar", "kawasan", "area",
        "bandar",
    ]

    /// Whether a word is the first of names of towns: "Sungai Petani", "Kota Bharu".
    static func beginsTown(_ word: String) -> Bool { self.townBeginnings.contains(word.lowercased()) }

    private static let townBeginnings: Set = [
        "alor", "ayer", "bandar", "batu", "bayan", "bukit", "cameron", "george", "gua", "johor", "kampung", "kota",
        "kuala", "nibong", "padang", "parit", "pasir", "pekan", "petaling", "port", "pulau", "seri", "shah", "simpang",
        "sri", "subang", "sungai", "taman", "tanah", "tanjong", "tanjung", "telok", "teluk", "wangsa",
    ]

    /// Words as people type them in a hurry, and as they are spelled.
    private static let spelled: [String: String] = [
        "brp": "berapa", "brapa": "berapa", "bape": "berapa", "bapa": "berapa", "bpe": "berapa", "brpe": "berapa",
        "utk": "untuk", "yg": "yang", "dgn": "dengan", "sy": "saya", "sya": "saya", "blm": "belum", "skrg": "sekarang",
        "skang": "sekarang", "mcm": "macam", "thn": "tahun", "keta": "kereta", "kete": "kereta", "jgn": "jangan",
        "jgnlah": "jangan", "nk": "nak", "bg": "bagi", "pegi": "pergi", "gi": "pergi", "bukak": "buka", "dah": "sudah",
        "dh": "sudah", "sdh": "sudah", "x": "tidak", "xnak": "tidak", "taknak": "tidak", "tk": "tidak", "kt": "kat",
        "dkt": "dekat", "dpt": "dapat", "blh": "boleh", "bole": "boleh", "tlg": "tolong", "pls": "please",
        "plz": "please",
        "u": "you", "ur": "your", "hv": "have", "yr": "year", "yr's": "year", "yrs": "year", "no.": "nombor",
        "bila2": "bila",
        "bile": "bila", "mane": "mana", "kene": "kena", "sbb": "sebab", "tq": "thanks", "thx": "thanks", "ty": "thanks",
        "acc": "account", "akaun": "account", "num": "number", "jap": "sekejap", "ape": "apa", "duk": "duduk",
        "ofis": "office", "opis": "office", "r": "are", "n": "and", "w": "with", "wat": "what", "wats": "what's",
        "lg": "lagi",
        "lps": "lepas", "plg": "paling", "rgt": "ringgit", "hntr": "hantar", "hntar": "hantar", "kol": "pukul",
        "bgtau": "beritahu", "skali": "sekali", "pastu": "kemudian", "msuk": "masuk", "cek": "semak", "chk": "check",
        "tgk": "tengok", "trus": "terus", "byk": "banyak", "ne": "mana", "ive": "i've", "im": "i'm", "hows": "how's",
        "wheres": "where's", "whens": "when's",
        "haven't": "have", "havent": "have", "wan": "want", "poin": "point", "wanna": "want",
        // Of Kelantan and of the north.
        "buko": "buka", "brapo": "berapa", "gapo": "apa", "keto": "kereta", "plet": "plat", "hok": "yang",
        "ambo": "saya",
        "banyok": "banyak", "mano": "mana", "jumloh": "jumlah", "doh": "sudah", "bayaq": "bayar", "tulong": "tolong",
        "cheq": "saya", "hantaq": "hantar", "dok": "duduk", "depa": "mereka", "hampa": "kamu", "bulih": "boleh",
        "b4": "before", "tmrw": "tomorrow",
        "bln": "bulan", "hr": "hari", "smpai": "sampai", "byr": "bayar",
    ]

    /// Whether this is how people shorten a word.
    static func isShort(_ word: some StringProtocol) -> Bool { self.spelled[word.lowercased()] != nil }

    private static let negations: Set = [
        "not", "don't", "dont", "don’t", "never", "without", "no", "stop", "jangan", "bukan", "tidak", "tak", "tanpa",
        "usah", "except", "instead",
    ]

    private static let deeds: Set = [
        "pay", "paid", "settle", "buy", "purchase", "order", "book", "reserve", "cancel", "delete", "remove", "send",
        "submit", "transfer", "sign", "apply", "register", "change", "update", "renew", "appeal", "upload", "attach",
        "compare", "email", "call", "sell", "dispute", "refund", "bayar", "bayarkan", "beli", "tempah", "batal",
        "batalkan", "padam", "padamkan", "hantar", "hantarkan", "mohon", "daftar", "daftarkan", "tukar", "ubah",
        "kemaskini", "perbaharui", "pindah", "pindahkan", "rayu", "jual", "bandingkan", "jelaskan", "muat",
        "selesaikan", "langsaikan", "renewkan", "block", "report", "lapor", "laporkan", "rebook", "reschedule",
        "tangguh", "tangguhkan", "sambung", "gantikan", "ganti", "redeem", "tebus", "tebuskan", "exchange",
    ]

    private static let common: Set = [
        "tax", "year", "month", "day", "tahun", "bulan", "hari", "cukai", "car", "plat", "plate", "kod", "code",
        "page", "step", "room", "top", "last", "next", "past", "over", "only", "just", "than", "jan", "feb", "mar",
        "apr", "may", "june", "july", "aug", "sept", "oct", "nov", "dec", "mac", "mei", "jun", "julai", "ogos", "okt",
        "dis", "rm", "usd", "sgd", "pdf",
    ]

    private static let fillers = persons.union([
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "is", "are", "was", "were", "be", "am", "i",
        "i'm", "me", "my", "mine", "you", "your", "we", "our", "us", "one", "do", "does", "did", "can", "could",
        "would", "will", "shall", "should", "may", "might", "must", "have", "has", "had", "got", "get", "give", "let",
        "know", "want", "wanna", "need", "like", "love", "please", "pls", "plz", "kindly", "thanks", "thank", "hi",
        "hello", "hey", "ok", "okay", "so", "and", "or", "if", "then", "also", "too", "just", "now", "right", "today",
        "currently", "again", "ai4ai", "tell", "show", "say", "see", "look", "up", "find", "out", "check", "for", "of",
        "on", "in", "to", "at", "by", "with", "from", "about", "what", "what's", "whats", "what’s", "which", "there",
        "here", "any", "some", "help", "quick", "quickly", "simply", "number", "no.", "regarding", "as", "soon",
        "possible", "asap", "question", "wondering", "curious", "there's", "here's", "i'd", "i've", "how's", "where's",
        "when's", "it's", "go", "ahead", "gonna", "going", "enough", "yet", "already", "still", "grab", "provide", "ah",
        "eh", "la", "leh", "lor", "mah", "meh", "bro", "sis", "bang", "abang", "kak", "dear", "sir", "madam", "really",
        "actually", "exactly", "maybe", "guys", "folks", "info", "information", "detail", "details", "needed", "able",
        "wish", "hoping", "hope", "bit", "much", "appreciated", "urgent", "urgently", "well", "um", "hmm", "oh",
        "alright", "good", "morning", "afternoon", "evening", "current", "altogether", "keseluruhan", "semua",
        "semuanya", "overall", "pak", "cik", "sat", "nah", "aiyo", "alamak", "deh", "wei", "advise", "masih",
        "sebenarnya", "semakan", "mempunyai", "far", "supposed", "wife's", "husband's", "daughter's", "brother's",
        "sister's", "friend's", "asked", "under", "name", "via", "online", "website", "site", "system", "portal",
        "saya", "aku", "kami", "kita", "anda", "awak", "kau", "ia", "ini", "itu", "tu", "ni", "yang", "ialah", "adalah",
        "ada", "adakah", "tak", "tidak", "nak", "mahu", "hendak", "ingin", "boleh", "bolehkah", "dapat", "tolong",
        "sila", "minta", "mohon", "terima", "kasih", "hai", "helo", "untuk", "bagi", "di", "ke", "dari", "daripada",
        "dengan", "dan", "atau", "pada", "kat", "dekat", "juga", "lah", "ya", "kan", "tahu", "cari", "carikan", "semak",
        "semakkan", "lihat", "tengok", "tengokkan", "beritahu", "bagitahu", "tunjuk", "tunjukkan", "cakap", "apa",
        "apakah", "nombor", "no", "sekarang", "semasa", "hari", "sekali", "dulu", "saja", "sahaja", "punya",
        "kepunyaan", "milik", "atas", "nama", "macam", "ye", "yer", "je", "jer", "pun", "tau", "weh", "bersama",
        "berikut", "segera", "cepat", "satu", "sudah", "belum", "lagi", "sekejap", "nanti", "tentang", "mengenai",
        "berkenaan", "maklumat", "selamat", "pagi", "petang", "malam", "tengahari", "salam", "assalamualaikum",
        "dahulu", "kasi", "bagitau", "paling", "secara", "dalam", "talian", "banyak", "sini", "sana", "situ", "baru",
        "tadi", "kemudian", "lepas", "tanya", "laman", "sistem", "ambil", "ambilkan", "dapatkan", "iaitu", "supaya",
        "encik", "tuan", "puan", "perlu", "mesti", "kena", "kalau", "jika", "agar", "oleh",
    ])
}
