package import AgentEvents

/// The title of a step in terminals, timelines, questions, and the texts of stored chats. The web UI has its own table,
/// `step-titles.js`.
package struct StepTitle {
    private let step: ToolStep
    private let language: UserLanguage

    /// Returns the step's title for users.
    package static func text(of step: ToolStep, in language: UserLanguage = .english) -> String {
        StepTitle(step: step, language: language).text
    }

    private func say(_ english: String, _ malay: String) -> String { self.language(english, malay) }

    private func input(_ name: String) -> String { self.step.input[name].map { $0.string ?? $0.json } ?? "?" }

    /// Returns the element that an argument refers to, such as `button "Check"`; its reference if the element is
    /// unknown.
    private func element(_ name: String) -> String {
        guard let element = self.step.elements?[name] else { return self.input(name) }
        return "\(element.role) \"\(element.hint ?? element.label)\""
    }

    private var text: String {
        switch self.step.tool {
        case "repeat_task": self.say("Repeat \(input("recipe"))", "Ulang \(input("recipe"))")
        case "browse": self.say("Work in the browser: \(input("goal"))", "Bekerja dalam pelayar: \(input("goal"))")
        case "ask_person": self.say("Ask: \(input("question"))", "Tanya: \(input("question"))")
        case "hand_over":
            self.say("Ask the user to act: \(input("request"))", "Minta pengguna bertindak: \(input("request"))")
        case "update_plan":
            self.say("Plan: \(input("done")) of \(parts) done", "Rancangan: \(input("done")) daripada \(parts) selesai")
        case "web_search":
            self.say("Search the web for \"\(input("query"))\"", "Cari \"\(input("query"))\" di web")
        case "find_playbook": self.say("Look for a playbook: \(input("query"))", "Cari panduan: \(input("query"))")
        case "remember": self.say("Remember: \(input("fact"))", "Ingat: \(input("fact"))")
        case "list_memories": self.say("List what is remembered", "Senaraikan apa yang diingati")
        case "note": self.say("Note: \(input("fact"))", "Catat: \(input("fact"))")
        case "give_up": self.say("Stop: \(input("reason"))", "Berhenti: \(input("reason"))")
        case "forget": self.say("Forget \(input("id"))", "Lupakan \(input("id"))")
        default: self.browserStep
        }
    }

    private var browserStep: String {
        switch self.step.tool {
        case "navigate": self.say("Open \(input("url"))", "Buka \(input("url"))")
        case "snapshot": self.say("Look at the page", "Lihat halaman")
        case "screenshot": self.say("Take a picture of the page", "Ambil gambar halaman")
        case "read_page":
            self.step.input["url"]?.string.map { self.say("Read \($0)", "Baca \($0)") }
                ?? self.say("Read the page", "Baca halaman")
        case "find_text": self.say("Find \"\(input("text"))\"", "Cari \"\(input("text"))\"")
        case "wait_for_text":
            self.step.input["gone"] == true
                ? self.say("Wait until \"\(input("text"))\" is gone", "Tunggu \"\(input("text"))\" hilang")
                : self.say("Wait for \"\(input("text"))\"", "Tunggu \"\(input("text"))\"")
        case "scroll":
            self.step.input["pages"]?.double ?? 1 < 0
                ? self.say("Scroll up", "Tatal ke atas") : self.say("Scroll down", "Tatal ke bawah")
        case "go_back": self.say("Go back", "Kembali")
        case "reload": self.say("Reload the page", "Muat semula halaman")
        case "tabs": self.tabs
        case "read_file":
            self.step.input["name"]?.string.map { self.say("Read the file \($0)", "Baca fail \($0)") }
                ?? self.say("Read the file", "Baca fail")
        case "upload":
            self.say("Upload \(files) to \(element("ref"))", "Muat naik \(files) ke \(element("ref"))")
        case "read_table": self.say("Read the table", "Baca jadual")
        case "save_page": self.say("Save the page", "Simpan halaman")
        case "downloads": self.say("List the downloads", "Senaraikan muat turun")
        default: self.action
        }
    }

    private var action: String {
        switch self.step.tool {
        case "click":
            self.say("\(click.0) \(element("ref"))", "\(click.1) \(element("ref"))")
        case "click_at":
            self.step.input["toX"] == nil
                ? self.say("\(click.0) \(input("what"))", "\(click.1) \(input("what"))")
                : self.say("Drag \(input("what"))", "Seret \(input("what"))")
        case "select_text": self.say("Select \"\(input("text"))\"", "Pilih teks \"\(input("text"))\"")
        case "fill":
            self.say(
                "Fill \(element("ref")) with \"\(input("text"))\"", "Isi \(element("ref")) dengan \"\(input("text"))\"")
        case "type":
            self.say(
                "Type \"\(input("text"))\" into \(element("ref"))", "Taip \"\(input("text"))\" dalam \(element("ref"))")
        case "fill_secret":
            self.say(
                "Fill the secret \(input("secret")) into \(element("ref"))",
                "Isi rahsia \(input("secret")) dalam \(element("ref"))")
        case "select":
            self.say("Choose \(options) in \(element("ref"))", "Pilih \(options) dalam \(element("ref"))")
        case "check":
            self.step.input["checked"] == false
                ? self.say("Uncheck \(element("ref"))", "Buang tanda pada \(element("ref"))")
                : self.say("Check \(element("ref"))", "Tandakan \(element("ref"))")
        case "press": self.say("Press \(input("key"))", "Tekan \(input("key"))")
        case "hover": self.say("Point at \(element("ref"))", "Tunjuk pada \(element("ref"))")
        case "drag" where self.step.input["to"] == nil:
            self.say("Drag \(element("from"))", "Seret \(element("from"))")
        case "drag":
            self.say(
                "Drag \(element("from")) to \(element("to"))", "Seret \(element("from")) ke \(element("to"))")
        default: "\(self.step.tool) \(self.step.input.json)"
        }
    }

    /// The verb of a click, in both languages.
    private var click: (String, String) {
        switch self.step.input["kind"]?.string {
        case "double": ("Double-click", "Klik dua kali")
        case "right": ("Right-click", "Klik kanan")
        default: ("Click", "Klik")
        }
    }

    private var files: String {
        self.step.input["files"]?.array?.compactMap(\.string).joined(separator: ", ") ?? self.input("files")
    }

    private var options: String {
        let all = self.step.input["options"]?.array?.compactMap(\.string) ?? [input("option")]
        return all.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    private var parts: Int { self.step.input["steps"]?.array?.count ?? 0 }

    private var tabs: String {
        if let tab = self.step.input["switchTo"]?.string {
            return self.say("Switch to tab \(tab)", "Tukar ke tab \(tab)")
        }
        if let tab = self.step.input["close"]?.string { return self.say("Close tab \(tab)", "Tutup tab \(tab)") }
        return self.say("List the tabs", "Senaraikan tab")
    }
}
