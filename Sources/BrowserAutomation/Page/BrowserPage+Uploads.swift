import AgentEvents
import FoundationEssentials
import SystemPackage
import Waiting

/// A file to give to a page.
public struct UploadFile: Sendable, Hashable {
    /// Where the file is on this machine.
    public var path: String
    /// The name that the page sees.
    public var name: String
    /// The media type that the page sees, such as `application/pdf`.
    public var type: String

    /// - Parameters:
    ///   - path: Where the file is on this machine.
    ///   - name: The name that the page sees; the last part of the path by default.
    ///   - type: The media type that the page sees. Browsers leave it empty if they don't know it.
    public init(path: String, name: String? = nil, type: String = "") {
        self.path = path
        self.name = name ?? path.split(separator: "/").last.map(String.init) ?? path
        self.type = type
    }
}

extension BrowserPage {
    /// The number of bytes in one message to the browser, before Base64: it accepts larger ones, but servers in between
    /// may not.
    private static let pieceSize = 768 << 10

    private static let mostBytes = 50 << 20

    /// How long a button may take to open its file chooser.
    private static let chooserTimeout = Duration.seconds(2)

    /// Gives files to a file field, to the file chooser that a button opens, or to a zone that takes drops.
    ///
    /// The bytes go through the connection, so the browser may run on another machine. The page's events say that a
    /// script has set the files (`isTrusted` is `false`), which hardly any page looks at.
    ///
    /// - Parameters:
    ///   - files: The files, of at most 50 MB together.
    ///   - reference: The reference of the field, button, or zone in the latest snapshot, such as `e5`.
    /// - Returns: A report that includes the names of the files.
    /// - Throws: The same errors as ``click(_:)``. The code is `invalidValue` if a file can't be read, or if the page
    ///   doesn't accept it.
    public func upload(_ files: [UploadFile], to reference: String) async throws -> ActionReport {
        try await self.stage(files, for: reference)
        return try await self.giveStaged(files, to: reference)
    }

    /// Sends files to the page's document without the page seeing them yet, so that the caller can look at the page again
    /// before it gets them.
    /// - Throws: The same errors as ``upload(_:to:)``.
    package func stage(_ files: [UploadFile], for reference: String) async throws {
        let size = files.reduce(0) { $0 + Self.size(of: $1) }
        guard !files.isEmpty, Set(files.map(\.path)).count == files.count, size <= Self.mostBytes else {
            throw BrowserError(
                .invalidValue, "Give one file or more, each once, of at most \(Self.mostBytes >> 20) MB together.")
        }
        try await self.asAgent {
            let element = try ElementReference(reference)
            let facts = Self.facts(of: files)
            _ = try await self.prepare("prepareUpload", element, [facts])
            _ = try await self.call("beginUpload", [facts], in: element.path, isRepeatable: false, as: Bool.self)
            for (index, file) in files.enumerated() { try await self.send(file, as: index, in: element.path) }
        }
    }

    private static func facts(of files: [UploadFile]) -> JSONValue {
        .array(files.map { ["name": .string($0.name), "type": .string($0.type)] })
    }

    /// The size of a file, in bytes; 0 if it can't be read. Not `FileAttributeKey.size`, whose type depends on which
    /// Foundation is linked.
    private static func size(of file: UploadFile) -> Int {
        let content = try? FileDescriptor.open(FilePath(file.path), .readOnly, options: .closeOnExec)
        guard let content else { return 0 }
        return (try? content.closeAfter { Int(try content.seek(offset: 0, from: .end)) }) ?? 0
    }

    /// Gives the staged files to the element that they were staged for.
    package func giveStaged(_ files: [UploadFile], to reference: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            let prepared = try await self.call(
                "stagedFor", [.string(element.id)], in: element.path, isRepeatable: false, as: Preparation.self)
            try Self.check(prepared)
            let label = Self.label(prepared, element)
            if prepared.isCustom == true {
                try await self.chooseOrDrop(at: element, label)
            } else {
                try await self.pass("giveFiles", element)
            }
            // The page has its files now.
            self.state.withLock { $0.effects.notes.removeAll { $0 == Self.fileNote } }
            try await self.settle(after: before)
            let names = files.map(\.name).joined(separator: ", ")
            return try await self.report("Gave \(names) to \(label)", value: names)
        }
    }

    /// Sends the content of a file to the page's document, where it waits for the rest.
    private func send(_ file: UploadFile, as index: Int, in path: FramePath) async throws {
        let source: FileDescriptor
        do {
            source = try FileDescriptor.open(FilePath(file.path), .readOnly, options: .closeOnExec)
        } catch {
            throw BrowserError(.invalidValue, "The file \(file.name) can't be read: \(error)")
        }
        // Nothing was written, so closing can't lose anything.
        defer { try? source.close() }
        while true {
            var bytes = Data(count: Self.pieceSize)
            let count = try bytes.withUnsafeMutableBytes { try source.read(into: $0) }
            guard count > 0 else { return }
            let piece = JSONValue.string(bytes.prefix(count).base64EncodedString())
            _ = try await self.call(
                "addPiece", [.integer(index), piece], in: path, isRepeatable: false, as: Bool.self)
        }
    }

    /// Clicks first, because many pages cancel drops everywhere without taking them.
    private func chooseOrDrop(at element: ElementReference, _ label: String) async throws {
        self.state.withLock { $0.fileChooser = nil }
        try await self.clickThrough(element)
        guard try await self.wait(until: .now + Self.chooserTimeout, for: { $0.fileChooser != nil }),
            let chooser = self.state.withLock({ $0.fileChooser.take() })
        else { return try await self.pass("dropFiles", element) }
        let document = try await self.document(element.path)
        let field = try await self.connection.send(
            "DOM.resolveNode",
            ["backendNodeId": .integer(chooser.node), "executionContextId": .integer(document.context)],
            session: chooser.session, as: ResolvedNode.self)
        // The page's script of another frame can't see this one's files.
        guard let node = field.object.objectId else {
            throw BrowserError(
                .invalidValue, "\(label) opens the chooser of another frame, which can't get files this way.")
        }
        let given = try await self.connection.send(
            "Runtime.callFunctionOn",
            [
                "objectId": .string(node), "returnByValue": true,
                "functionDeclaration": "function () { return __ai4ai.giveFilesTo(this); }",
            ], session: document.session, as: GivenFiles.self)
        guard let result = given.result.value else {
            throw BrowserError(.protocolFailure, "The page's script failed to give files to \(label).")
        }
        try Self.check(result)
    }

    private func pass(_ function: String, _ element: ElementReference) async throws {
        try Self.check(
            try await self.call(
                function, [.string(element.id)], in: element.path, isRepeatable: false, as: Preparation.self))
    }

    private struct GivenFiles: Decodable {
        struct Remote: Decodable { var value: Preparation? }
        var result: Remote
    }

    private static func check(_ result: Preparation) throws {
        if let gone = result.gone { throw BrowserError(.staleReference, "\(gone). Take a new snapshot.") }
        if let wrong = result.wrong { throw BrowserError(.invalidValue, "\(wrong).") }
    }
}
