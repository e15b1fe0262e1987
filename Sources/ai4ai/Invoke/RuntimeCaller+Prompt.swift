import AgentEvents
import Files
import FoundationEssentials
import RuntimeProtocol
import SystemPackage
import TextCoding

extension RuntimeCaller {
    /// Asks the tasks of the prompt for a result in the shape of a JSON Schema.
    mutating func ask(forResultIn schema: JSONValue) {
        guard case .prompt(let text, var options) = self.request.content else { return }
        options.result = schema
        self.request.content = .prompt(text, options)
    }

    /// Uploads files to the session of the prompt, and attaches them to it.
    /// - Throws: ``Failure``, or an error of the file system.
    mutating func attach(_ paths: [String]) async throws {
        guard case .prompt(let text, var options) = self.request.content else { return }
        let session = self.request.sessionID ?? SessionID(rawValue: UUID().uuidString.lowercased())
        self.request.sessionID = session
        for path in paths { options.files.append(try await self.upload(path, to: session)) }
        self.request.content = .prompt(text, options)
    }

    /// Reads a whole piece: a pipe gives less at a time. It's shorter only at the end.
    private static func piece(of source: FileDescriptor) throws -> Data {
        var piece = Data()
        while piece.count < FileResult.mostBytes {
            var bytes = Data(count: FileResult.mostBytes - piece.count)
            let count = try bytes.withUnsafeMutableBytes { try source.read(into: $0) }
            if count == 0 { break }
            piece += bytes.prefix(count)
        }
        return piece
    }

    /// - Returns: The id of the file.
    private func upload(_ path: String, to session: SessionID) async throws -> String {
        let source: FileDescriptor
        do {
            source = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        } catch {
            throw Failure("\(path) can't be read: \(error)")
        }
        // Nothing was written, so closing can't lose anything.
        defer { try? source.close() }
        let id = UUID().uuidString.lowercased()
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var offset = 0
        while true {
            let bytes = try Self.piece(of: source)
            let count = bytes.count
            // A short piece is the last one; it may be empty.
            let isLast = count < FileResult.mostBytes
            let piece = FilePiece(
                id: id, name: name, offset: offset, content: bytes.base64EncodedString(), last: isLast)
            let result: FileResult = try await self.ask(RuntimeRequest(.putFile(piece), sessionID: session))
            if let message = result.message { throw Failure("\(path) is not attached: \(message)") }
            if isLast { return id }
            offset += count
        }
    }

    /// Saves a file of a session in a directory, under a name that is free there. It's there as a whole or not at all.
    /// - Returns: The path of the file.
    /// - Throws: ``Failure``, or an error of the file system.
    func save(_ file: StoredFile, of session: SessionID, in directory: String) async throws -> String {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let partial = "\(directory)/.\(UUID().uuidString).part"
        do {
            try await self.copy(file, of: session, to: partial)
            // The runtime may be another version or somebody else's: make the name safe again.
            let taken = try FileManager.default.contentsOfDirectory(atPath: directory)
            let path = "\(directory)/\(FileName.unique(FileName.safe(file.name), among: taken))"
            try FileManager.default.moveItem(atPath: partial, toPath: path)
            return path
        } catch {
            // What couldn't be written may not exist.
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private func copy(_ file: StoredFile, of session: SessionID, to path: String) async throws {
        let target = try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        defer { try? target.close() }
        var offset = 0
        while offset < file.size {
            let piece: FileResult = try await self.ask(
                RuntimeRequest(.file(.read(id: file.id, from: offset)), sessionID: session))
            guard let bytes = piece.content.flatMap({ Data(base64Encoded: $0) }), !bytes.isEmpty else {
                throw Failure("\(file.name) could not be loaded: \(piece.message ?? "it ended too early.")")
            }
            try target.writeAll(bytes)
            offset += bytes.count
        }
    }
}
