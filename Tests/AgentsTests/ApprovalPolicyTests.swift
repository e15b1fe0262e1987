import AgentEvents
import Agents
import BrowserAutomation
import RuntimeProtocol
import Testing

@Suite("Approval policy")
struct ApprovalPolicyTests {
    private static let origin = "https://example.com"

    private static func button(_ name: String, role: String = "button", submits form: ActionTarget.Form? = nil)
        -> ActionTarget
    {
        ActionTarget(role: role, name: name, tag: "button", isSubmit: form != nil, origin: Self.origin, form: form)
    }

    private static func link(_ name: String, to href: String?) -> ActionTarget {
        ActionTarget(role: "link", name: name, tag: "a", href: href, origin: Self.origin)
    }

    private static func field(_ name: String, entersInto form: ActionTarget.Form? = nil, isPassword: Bool = false)
        -> ActionTarget
    {
        ActionTarget(
            role: "textbox", name: name, tag: "input", isSubmit: form != nil, isPassword: isPassword,
            origin: Self.origin, form: form)
    }

    private static let post = ActionTarget.Form(method: "post", action: "https://example.com/do")
    private static let search = ActionTarget.Form(isSearch: true)
    private static let login = ActionTarget.Form(method: "post", hasPassword: true)
    private static let card = ActionTarget.Form(method: "post", hasPayment: true)
    private static let dialog = ActionTarget.Form(method: "dialog")

    // MARK: Kinds

    @Test(
        "the name of a button determines the kind of action, in English and Malay",
        arguments: [
            ("Pay now", .pay), ("PLACE ORDER", .pay), ("Buy", .pay), ("Checkout", .pay), ("Confirm and pay", .pay),
            ("Bayar", .pay), ("Beli sekarang", .pay), ("Tempah", .pay), ("Send", .send), ("Hantar", .send),
            ("Post", .send), ("Share", .send), ("Sign document", .sign), ("I agree", .sign), ("Setuju", .sign),
            ("Accept terms", .sign), ("Delete", .delete), ("Padam akaun", .delete), ("Cancel booking", .delete),
            ("Batal tempahan", .delete), ("Unsubscribe", .delete), ("Search", .change), ("Semak", .change),
            ("Seterusnya", .change), ("Semak daftar pemilih", .change),
            ("Sign in", .change), ("Daftar masuk", .change), ("Apply filters", .change), ("Payload", .change),
            ("Cancel", .change), ("Batal", .change), ("No", .change), ("Close", .change), ("", .change),
        ] as [(String, ActionKind)])
    func buttonNames(name: String, kind: ActionKind) {
        #expect(ApprovalPolicy.kind(of: Self.button(name), action: .click) == kind)
    }

    @Test(
        "the name of a button determines the kind of action in other common languages too",
        arguments: [
            ("Jetzt kaufen", .pay), ("Payer maintenant", .pay), ("Pagar ahora", .pay), ("Acquista", .pay),
            ("Afrekenen", .pay), ("Kupuję i płacę", .pay), ("Satın al", .pay), ("Оплатить", .pay), ("ادفع الآن", .pay),
            ("भुगतान करें", .pay), ("பணம் செலுத்து", .pay), ("Thanh toán", .pay), ("立即购买", .pay), ("購入する", .pay),
            ("결제하기", .pay), ("ชำระเงิน", .pay), ("Konto löschen", .delete), ("アカウントを削除", .delete),
            ("Supprimer", .delete), ("Unterschreiben", .sign), ("签署合同", .sign), ("Enviar mensaje", .send),
            ("メッセージを送信", .send), ("Gửi", .send), ("Suchen", .change), ("Weiter", .change), ("检索", .change),
            ("次へ", .change),
            ("Pencarian firma", .change), ("注文履歴", .change), ("支付方式", .change), ("게시판", .change),
            ("การจัดส่ง", .change), ("Anmelden", .change),
        ] as [(String, ActionKind)])
    func buttonNamesElsewhere(name: String, kind: ActionKind) {
        #expect(ApprovalPolicy.kind(of: Self.button(name), action: .click) == kind)
    }

    @Test(
        "what only says \"Submit\" is asked about in a form and beside a price; elsewhere, the effect guard asks",
        arguments: [
            ("Submit", .change), ("Mohon", .submit), ("Sahkan", .submit), ("Sign up", .submit), ("Transfer", .submit),
            ("Check and confirm", .submit), ("Submit order", .submit), ("Réserver", .submit), ("予約する", .submit),
            ("Đặt hàng", .submit),
        ] as [(String, ActionKind)])
    func submitting(name: String, alone: ActionKind) {
        func kind(_ change: (inout ActionTarget) -> Void) -> ActionKind {
            var target = Self.button(name)
            change(&target)
            return ApprovalPolicy.kind(of: target, action: .click)
        }
        #expect(kind { _ in } == alone)
        #expect(kind { $0.form = ActionTarget.Form(method: "post") } == .submit)
        #expect(kind { $0.surroundings = "Total: RM 70.00" } == .submit)
    }

    @Test(
        "if a button's name says nothing, the form counts, and the rest is judged when the form is sent",
        arguments: [
            (button("OK", submits: post), .change), (button("", submits: post), .submit),
            (button("Cari", submits: post), .change), (button("Continue", submits: post), .change),
            (button("Cancel", submits: post), .change), (button("OK", submits: search), .change),
            (button("Search", submits: search), .change), (button("OK", submits: dialog), .change),
            (button("Submit", submits: search), .change), (button("Enviar", submits: search), .change),
            (button("Delete", submits: search), .delete), (button("Pay", submits: search), .pay),
            (button("Log in", submits: login), .credentials),
            (button("Continue", submits: login), .credentials), (button("Register", submits: login), .credentials),
            (button("Delete account", submits: login), .delete), (button("Next", submits: card), .pay),
            (button("Continue", submits: card), .pay), (button("Submit", submits: card), .pay),
        ] as [(ActionTarget, ActionKind)])
    func submits(target: ActionTarget, kind: ActionKind) {
        #expect(ApprovalPolicy.kind(of: target, action: .click) == kind)
    }

    @Test(
        "following a link is a look, and a link that runs a script counts as a button",
        arguments: [
            (link("News", to: "https://example.com/news"), .look),
            (link("Pay now", to: "https://example.com/pay"), .look), (link("Delete", to: "#"), .delete),
            (link("Pay", to: "javascript:pay()"), .pay), (link("More", to: "#more"), .change),
            (link("Delete", to: nil), .delete),
            (
                ActionTarget(role: "button", name: "Pay", tag: "a", href: "https://example.com/", origin: Self.origin),
                .pay
            ),
        ] as [(ActionTarget, ActionKind)])
    func links(target: ActionTarget, kind: ActionKind) {
        #expect(ApprovalPolicy.kind(of: target, action: .click) == kind)
    }

    @Test(
        "actions other than clicks have the right kind",
        arguments: [
            (button("Pay"), .hover, .look), (field("Name"), .fill, .change), (field("Name"), .type, .change),
            (field("Resume"), .upload, .upload), (field("Password"), .fillSecret, .credentials),
            (field("Password", isPassword: true), .fill, .credentials), (field("Pay to"), .click, .change),
            (button("Pay", role: "option"), .select, .change), (button("I agree", role: "checkbox"), .check, .change),
            (button("I agree", role: "checkbox"), .click, .change), (button("Pay"), .press, .pay),
            (field("Name", entersInto: post), .press, .change), (field("Search", entersInto: search), .press, .change),
            (field("Email", entersInto: login), .press, .credentials),
            (field("Name", entersInto: post), .type, .change),
            (field("Type a message"), .press, .send), (field("Name"), .press, .change),
        ] as [(ActionTarget, BrowserAction, ActionKind)])
    func actions(target: ActionTarget, action: BrowserAction, kind: ActionKind) {
        #expect(ApprovalPolicy.kind(of: target, action: action) == kind)
    }

    @Test("Enter in a field counts as the form's button")
    func enterByButton() {
        var form = Self.post
        form.submitter = "Place order"
        #expect(ApprovalPolicy.kind(of: Self.field("Coupon", entersInto: form), action: .press) == .pay)
    }

    @Test("a key that doesn't activate a button counts as a change")
    func otherKeys() {
        var target = Self.button("Pay")
        target.isActivated = false
        #expect(ApprovalPolicy.kind(of: target, action: .press) == .change)
    }

    @Test("only looks and changes are allowed without asking", arguments: ActionKind.allCases)
    func usualRules(kind: ActionKind) {
        #expect(ApprovalPolicy().rule(for: kind) == ([.look, .change].contains(kind) ? .allow : .ask))
        #expect(ApprovalPolicy(rules: [kind: .deny]).rule(for: kind) == .deny)
    }

    // MARK: Fingerprints

    private static func fingerprint(ref: String = "e1", _ change: (inout ActionTarget) -> Void = { _ in }) -> String {
        var target = Self.button("Send", submits: Self.post)
        target.form?.fields = [["Message", "Hello"]]
        change(&target)
        return ActionFingerprint.make(
            tool: "click", input: ["ref": .string(ref), "double": false], target: target)
    }

    @Test("the same action has the same fingerprint, whatever its element reference")
    func sameFingerprint() {
        #expect(Self.fingerprint().count == 64)
        #expect(Self.fingerprint() == Self.fingerprint(ref: "f1e20"))
    }

    @Test("a different form content, origin, name, tool, or input changes the fingerprint")
    func otherFingerprints() {
        let target = Self.button("Send", submits: Self.post)
        let fingerprints = [
            Self.fingerprint(), Self.fingerprint { $0.form?.fields = [["Message", "Bye"]] },
            Self.fingerprint { $0.form?.action = "https://example.org/" }, Self.fingerprint { $0.form = nil },
            Self.fingerprint { $0.origin = "https://example.org" }, Self.fingerprint { $0.name = "Send all" },
            ActionFingerprint.make(tool: "press", input: ["key": "Enter"], target: target),
            ActionFingerprint.make(tool: "press", input: ["key": "Space"], target: target),
        ]
        #expect(Set(fingerprints).count == fingerprints.count)
    }

    // MARK: Prohibited actions

    @Test(
        "the prohibitions in a request are recognized",
        arguments: [
            ("Check my summons, do not pay", [.pay]), ("Don't pay anything", [.pay]), ("Don’t pay", [.pay]),
            ("Find a flight without paying", [.pay]), ("Look at the bill. No payment.", [.pay]),
            ("Check if I have summons but do not pay them", [.pay]), ("Semak saman, jangan bayar", [.pay]),
            ("Semak saman saya tanpa membuat bayaran", [.pay]), ("Fill in the form but do not submit it", [.submit]),
            ("Write the mail, don't send it", [.send]), ("Do not delete or sign anything", [.delete, .sign]),
            ("Tulis e-mel, jangan hantar", [.send]), ("Jangan padam apa-apa", [.delete]),
            ("I don't want you to pay yet", [.pay]), ("Do not book anything", [.pay, .submit]),
            ("Stop before paying", [.pay]), ("do not pay, send or delete anything", [.pay, .send, .delete]),
            ("Do not pay or send anything", [.pay, .send]), ("Look at the bill. No paying!", [.pay]),
            ("Look at the bill; you may not pay", [.pay]), ("Refrain from paying; tell me the amount", [.pay]),
            ("Lihat bil. Tak mahu bayar", [.pay]), ("Lihat bil. Jgn bayar", [.pay]),
            ("Check my bill. Don‘t pay", [.pay]),
            ("do not actually really pay", [.pay]), ("do not press the pay button", [.pay]),
            ("do not complete the payment", [.pay]), ("do not pay and tell me the amount", [.pay]),
            ("do not close my account", [.delete]), ("do not transfer money", [.submit]), ("do not top up", [.pay]),
            ("do not checkout", [.pay]), ("do not spend any money", [.pay]), ("do not subscribe", [.submit]),
            ("do not withdraw", [.submit]), ("jangan tambah nilai", [.pay]),
            (
                "Look at the page and do not pay, delete, send, sign or submit anything.",
                [.pay, .delete, .send, .sign, .submit]
            ),
        ] as [(String, Set<ActionKind>)])
    func walls(request: String, kinds: Set<ActionKind>) {
        #expect(ApprovalPolicy.prohibitedActions(in: request) == kinds)
    }

    @Test(
        "a request that only asks to look prohibits everything else",
        arguments: [
            "Check only: my summons", "Only check what I must pay", "Semak sahaja saman saya",
            "Hanya semak, jangan bayar", "Just look at the prices", "Read only please", "CHECK ONLY and don't pay",
            "Tell me the amount only", "check only", "只看账单，不要付款", "Schau nach, aber nicht bezahlen",
            "Check my summons and do not do anything else", "Give me the price. Do not do anything else.",
            "Semak saman saya. Jangan sentuh yang lain.", "Check if I can change my seat. Do not do anything else.",
            "Tell me the correct amount. Do not change anything else.", "Lihat isi surat. Jangan ubah yang lain.",
            "Make sure my summons is paid. Do not do anything else.", "Check my summons and do nothing else",
            "Edit my draft. Do not let other people see it.",
            "Update my address. Do not give my number to anyone else.", "Do not touch anything",
            "Look at my orders. Never mind the rest, do not change them",
        ])
    func lookingOnly(request: String) {
        #expect(
            ApprovalPolicy.prohibitedActions(in: request) == Set(ActionKind.allCases).subtracting([.look, .change]))
    }

    @Test(
        "a request for an action, or a conditional prohibition, prohibits nothing",
        arguments: [
            "Pay my summons", "Check the price and pay", "Semak saman dan bayar", "Don't forget to pay my summons",
            "Do not pay more than RM 100", "Do not leave without paying", "If it costs more than RM 100, do not pay",
            "Do not submit before I have seen it", "Why don't you pay it",
            "Pay the first summons, do not pay the second",
            "Set the address of user 8 to a@example.com. Do not change anything else.",
            "Make Bala an editor. He must not be able to do anything else there.",
            "Find the user Bala and set his address to a@example.com. Do not change anything else.",
            "He may add pages, and that is all. Do not change anything else.",
            "Book the morning train and not the other one", "Order the red one, but not the other",
            "Reserve a table without any other guests",
            "Rename report.txt to july.txt. Please don't touch the other files.",
            "Tukar alamat pengguna 8. Jangan ubah yang lain.", "Add the page, and do not change the rest",
            "Only check out as a guest",
            "Only check the first one and pay it",
            "I could not pay my summons, please pay it",
            "Bayar saman saya", "Jangan lupa bayar saman", "Check booking no, pay it", "",
        ])
    func noWalls(request: String) {
        #expect(ApprovalPolicy.prohibitedActions(in: request).isEmpty)
    }

    @Test("a request as long as a document is read as well", .timeLimit(.minutes(15)))
    func longRequest() {
        let document = String(repeating: "The person asks for a table of all roads and their tax. ", count: 4000)
        #expect(ApprovalPolicy.prohibitedActions(in: document).isEmpty)
        #expect(ApprovalPolicy.prohibitedActions(in: document + "Do not pay.") == [.pay])
        let line = String(repeating: "road ", count: 40_000)
        #expect(ApprovalPolicy.prohibitedActions(in: line + "and do not pay") == [.pay])
    }
}
