import Waiting

/// The outcome of an action.
public struct ActionReport: Sendable, Hashable {
    /// A summary of the action, such as `Clicked e5 (button "Check")`.
    public var summary: String
    /// The address of the page after the action.
    public var url: String
    /// The title of the page after the action.
    public var title: String
    /// The element that has the focus after the action, such as `textbox "Name"`.
    public var focus: String?
    /// The value of the control after the action, if the action changes values. It is never the value of a secret.
    public var value: String?
    /// Whether the control is a password field or contains a secret.
    public var isSecret = false
    /// The short names of the tabs that the page opened, such as `t2`.
    public var openedTabs: [String]
    /// The dialogs that the page showed, with the answers.
    public var dialogs: [PageDialog]
    /// The names of the files that the page sent.
    public var downloads: [String]
    /// Other events during the action, as sentences, such as refused requests or a slow page.
    public var notes: [String]

    /// The summary, dialogs, notes, tabs and downloads as one text.
    public var text: String {
        var lines = ["\(self.summary)."] + self.dialogs.map(\.text) + self.notes
        if !self.openedTabs.isEmpty {
            lines.append("The page opened new tabs: \(self.openedTabs.joined(separator: ", ")).")
        }
        if !self.downloads.isEmpty { lines.append("The page sent files: \(self.downloads.joined(separator: ", ")).") }
        return lines.joined(separator: "\n")
    }
}

/// A JavaScript dialog: `alert`, `confirm` or `prompt`, or `beforeunload` if the page asks whether to leave it.
public struct PageDialog: Sendable, Hashable {
    /// The kinds of dialog.
    public enum Kind: String, Sendable, Hashable, Decodable { case alert, confirm, prompt, beforeunload }

    /// The kind of dialog.
    public var kind: Kind
    /// The text of the dialog.
    public var message: String
    /// The answer to the dialog; `nil` while it waits for the user.
    public var answer: DialogAnswer?

    /// Creates a dialog.
    /// - Parameters:
    ///   - kind: The kind of dialog.
    ///   - message: The text of the dialog.
    ///   - answer: The answer to the dialog, if there is one.
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

/// The answer to a dialog.
public enum DialogAnswer: Sendable, Hashable {
    /// Dismisses the dialog, as its Cancel button does.
    case dismiss
    /// Accepts the dialog, as its OK button does.
    /// - Parameter text: The text to enter in a `prompt`.
    case accept(text: String? = nil)
}

extension BrowserPage {
    struct PageInfo: Decodable {
        var url: String
        var title: String
        var contentType: String
        var focus: String?
        /// How much the page is about to do on its own.
        var pending: Int
        /// Whether nothing is shown yet.
        var isBlank: Bool
    }

    /// Creates a report with the current state of the page and everything that happened since the action began.
    /// - Parameter known: The state of the page, if an earlier answer of the page already included it.
    func report(_ summary: String, value: String? = nil, known: PageInfo? = nil) async throws -> ActionReport {
        var place: PageInfo
        do {
            if let known { place = known } else { place = try await self.call("place", as: PageInfo.self) }
            place = try await self.settleContent(place)
        } catch let error as BrowserError where self.isClosing(error) {
            self.note("The tab \(self.id) has closed.")
            place = PageInfo(url: self.url, title: "", contentType: "text/html", pending: 0, isBlank: false)
        }
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

    /// The document types that the injected script can read, plus images, which are elements of their documents.
    private static let shownTypes: Set<String> = [
        "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "application/json",
        "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp", "text/css", "text/javascript",
        "application/javascript", "text/csv",
    ]

    /// Returns and clears the effects of the last action.
    func takeEffects() -> Effects {
        self.state.withLock { state in
            defer { state.effects = Effects() }
            return state.effects
        }
    }

    /// Adds a sentence to the report of the current action.
    func note(_ text: String) {
        self.state.change { state in
            guard state.effects.notes.count < Self.mostEffects, !state.effects.notes.contains(text) else { return }
            state.effects.notes.append(text)
        }
    }

    /// Adds a tab that the page opened to the report of the current action.
    func noteTab(_ id: String) {
        self.state.change { if $0.effects.openedTabs.count < Self.mostEffects { $0.effects.openedTabs.append(id) } }
    }

    /// The maximum number of effects of each kind in a report, because pages decide how much happens.
    private static let mostEffects = 20

    /// Adds a change in a download to the report of the current action.
    func note(_ news: Downloads.DownloadUpdate) {
        self.state.change { state in
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
