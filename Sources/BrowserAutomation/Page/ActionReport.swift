import Synchronization

/// What an action led to.
public struct ActionReport: Sendable, Hashable {
    /// What was done, such as `Clicked e5 (button "Check")`.
    public var summary: String
    public var url: String
    public var title: String
    /// What has the focus now, such as `textbox "Name"`.
    public var focus: String?
    /// What the control holds now, for actions that change what one holds; not for secrets.
    public var value: String?
    /// The tabs that the page opened.
    public var openedTabs: [String]
    /// The dialogs that the page showed, with what was answered.
    public var dialogs: [PageDialog]
    /// The names of the files that the page sent.
    public var downloads: [String]
    /// What else happened, in words: refused requests, slow pages.
    public var notes: [String]

    /// All of it in words.
    public var text: String {
        var lines = ["\(self.summary)."] + self.dialogs.map(\.text) + self.notes
        if !self.openedTabs.isEmpty {
            lines.append("The page opened new tabs: \(self.openedTabs.joined(separator: ", ")).")
        }
        if !self.downloads.isEmpty { lines.append("The page sent files: \(self.downloads.joined(separator: ", ")).") }
        return lines.joined(separator: "\n")
    }
}

/// A dialog of a page: `alert`, `confirm`, `prompt`, or `beforeunload` when it does not want to be left.
public struct PageDialog: Sendable, Hashable {
    /// The kinds of dialogs.
    public enum Kind: String, Sendable, Hashable, Decodable { case alert, confirm, prompt, beforeunload }

    public var kind: Kind
    /// The page's words.
    public var message: String
    /// What was answered; `nil` while a person decides.
    public var answer: DialogAnswer?

    public init(kind: Kind, message: String, answer: DialogAnswer? = nil) {
        self.kind = kind
        self.message = message
        self.answer = answer
    }

    var text: String {
        let words = "\"\(self.message)\""
        if self.kind == .alert { return "The page showed the message \(words)." }
        let question =
            self.kind == .beforeunload
            ? "The page asked whether to leave it: \(words)." : "The page asked to \(self.kind.rawValue) \(words)."
        switch self.answer {
        case .dismiss: return "\(question) It was answered with no; nothing was confirmed."
        case .accept(let text): return "\(question) It was answered with \(text.map { "\"\($0)\"" } ?? "yes")."
        case nil: return "\(question) It waits for a person's answer."
        }
    }
}

/// What is answered to a dialog.
public enum DialogAnswer: Sendable, Hashable {
    case dismiss
    /// - Parameter text: What is written into a `prompt`.
    case accept(text: String? = nil)
}

extension BrowserPage {
    struct PageInfo: Decodable {
        var url: String
        var title: String
        var contentType: String
        var focus: String?
        /// How much the page is about to do by itself.
        var pending: Int
        /// Whether nothing is shown yet.
        var isBlank: Bool
    }

    /// Where the page is once it has settled, and what has happened since the action began.
    /// - Parameter known: What an answer from the page's own document has told of it already.
    func report(_ summary: String, value: String? = nil, known: PageInfo? = nil) async throws -> ActionReport {
        var place: PageInfo
        if let known { place = known } else { place = try await self.call("place", as: PageInfo.self) }
        place = try await self.settleContent(place)
        if !Self.shownTypes.contains(place.contentType) {
            self.note(
                "This is a document of type \(place.contentType), not a web page. Its content can't be read here.")
        }
        let effects = self.takeEffects()
        let mask = self.configuration.secrets.mask
        return ActionReport(
            summary: mask(summary), url: mask(place.url), title: mask(place.title), focus: place.focus.map(mask),
            value: value.map(mask), openedTabs: effects.openedTabs,
            dialogs: effects.dialogs.map { PageDialog(kind: $0.kind, message: mask($0.message), answer: $0.answer) },
            downloads: effects.downloads.map(mask), notes: effects.notes.map(mask))
    }

    /// The types of documents that our script can read, beside pictures, which are elements of their own.
    private static let shownTypes: Set<String> = [
        "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "application/json",
        "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp", "text/css", "text/javascript",
        "application/javascript", "text/csv",
    ]

    /// Takes what happened beside the last action.
    func takeEffects() -> Effects {
        self.state.withLock { state in
            defer { state.effects = Effects() }
            return state.effects
        }
    }

    /// Adds to what is reported of the current action.
    func note(_ text: String) {
        self.change { state in
            guard state.effects.notes.count < Self.mostEffects, !state.effects.notes.contains(text) else { return }
            state.effects.notes.append(text)
        }
    }

    /// Adds a tab that the page opened.
    func noteTab(_ id: String) {
        self.change { if $0.effects.openedTabs.count < Self.mostEffects { $0.effects.openedTabs.append(id) } }
    }

    /// Pages choose how much happens; more of a kind than this is not told.
    private static let mostEffects = 20

    /// Adds what is new of a file that the page sends.
    func note(_ news: Downloads.DownloadUpdate) {
        self.change { state in
            if let note = news.note {
                if state.effects.notes.count < Self.mostEffects { state.effects.notes.append(note) }
            } else if !state.effects.downloads.contains(news.name), !news.isOver,
                state.effects.downloads.count < Self.mostEffects
            {
                state.effects.downloads.append(news.name)
            }
            if news.isOver, state.effects.downloads.contains(news.name) {
                state.effects.finishedDownloads.insert(news.name)
            }
        }
    }
}
