import AgentEvents
import AgentLoop
import BrowserAutomation
import Files
import RuntimeProtocol

/// Files that pages have sent: kept for the person, and read for the agent.
extension BrowserTools {
    private struct FileName: ToolInput {
        var name: String?
        var page: Int?
    }

    /// The maximum size of the text that one call returns, in bytes.
    private static let longestText = 12_000

    var readFile: Tool {
        Tool("read_file", "Reads the newest file, or a named one.", risk: .read) { (input: FileName, _) in
            let file = try await self.files.find(input.name)
            let text = try await self.files.text(of: file, from: input.page ?? 1)
            let shown = Self.shown(text)
            if let site = file.site { self.gate.seen.note(shown, of: site) }
            return self.untrusted.wrap("\(file.name):\n\(shown)")
        }
    }

    /// Returns as many pages as fit, each with its number, and what to ask for to get the rest.
    private static func shown(_ text: DocumentText) -> String {
        var lines: [String] = []
        var next = text.first
        var room = Self.longestText
        for page in text.pages {
            room -= page.utf8.count
            if room < 0, next > text.first { break }
            let isCut = room < 0
            lines.append("[page \(next) of \(text.count)]")
            lines.append(isCut ? String(page.prefix(Self.longestText)) + "… (cut off)" : page)
            next += 1
        }
        if next <= text.count { lines.append("… ask for page \(next) to read on.") }
        let isEmpty = !text.pages.contains { $0.contains { !$0.isWhitespace } }
        return isEmpty ? "It has no text, only pictures." : lines.joined(separator: "\n")
    }

    /// Keeps the files that have arrived, and reports them.
    /// - Returns: What to tell the model; empty if none have arrived.
    func receiveFiles(emit: EventSink) async -> String {
        guard let browser = await self.holder.running else { return "" }
        return await self.report(await self.files.collect(from: browser), emit: emit)
    }

    /// Waits for the files that are still arriving, and keeps them. Nothing tells the model: its task is over.
    func receiveLastFiles(emit: EventSink) async throws {
        guard let browser = await self.holder.running else { return }
        _ = await self.report(try await self.files.collectAll(from: browser), emit: emit)
    }

    private func report(_ news: TaskFiles.News, emit: EventSink) async -> String {
        guard !news.isEmpty else { return "" }
        for file in news.kept {
            // A file's description always encodes.
            guard let value = try? JSONValue(encoding: file) else { continue }
            await emit(.custom(.init(name: AgentEvent.Custom.fileReceived, value: value)))
        }
        let kept = news.kept.map { "Kept for the person: \($0.name) (\($0.words)). read_file reads it." }
        return "\n" + self.untrusted.wrap((kept + news.refused).joined(separator: "\n"))
    }
}

extension StoredFile {
    /// Its type and size in words.
    fileprivate var words: String {
        let size = self.size < 1024 ? "\(self.size) bytes" : "\((self.size + 512) / 1024) KB"
        return "\(self.type), \(size)\(self.site.map { ", from \($0)" } ?? "")"
    }
}

extension Download {
    /// The origin of the website that sent the file.
    var site: String? {
        guard let scheme = self.url.firstRange(of: "://") else { return nil }
        let end = self.url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? self.url.endIndex
        // The file of a `blob:` address comes from the origin inside it.
        return String(self.url[..<end].trimmingPrefix("blob:"))
    }
}
