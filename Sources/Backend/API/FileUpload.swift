import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RuntimeProtocol
import TextCoding

/// A file that a client uploads, passed on to the runtime while it arrives.
struct FileUpload {
    let runtime: RuntimeConnection
    let store: any ChatStore
    let session: SessionID
    let caller: Caller

    /// The maximum size of a file, in bytes. A runtime may accept less.
    static let mostBytes = 50 << 20

    private let id = UUID().uuidString.lowercased()
    private var name: String?
    private var offset = 0
    private var buffer: [UInt8] = []

    init(runtime: RuntimeConnection, store: any ChatStore, session: SessionID, caller: Caller) {
        self.runtime = runtime
        self.store = store
        self.session = session
        self.caller = caller
    }

    /// Receives the file of a request: the file of a form, or the body itself, whose name is in the query.
    /// - Throws: ``Problem``, ``RuntimeFailure``.
    mutating func receive(_ request: Request) async throws -> StoredFile {
        if let size = request.headers[.contentLength].flatMap({ Int($0) }), size > Self.mostBytes + Self.mostAround {
            throw Self.tooLarge
        }
        do {
            return try await self.receiveAll(request)
        } catch {
            await self.abandon()
            throw error
        }
    }

    private static let tooLarge = Problem(
        .contentTooLarge, "files_full", "A file may have \(mostBytes) bytes. Attach a smaller one.")
    /// How much of a form may be something else than the file, in bytes.
    private static let mostAround = 1 << 20

    /// Makes room for another try. What can't be removed now goes after an hour.
    private func abandon() async {
        guard self.offset > 0 else { return }
        let piece = FilePiece(id: self.id, name: "", offset: 0, content: "", last: false, abandoned: true)
        _ = try? await self.runtime.putFile(piece, self.session, self.caller)
    }

    private mutating func receiveAll(_ request: Request) async throws -> StoredFile {
        if let reader = request.headers[.contentType].flatMap({ MultipartReader(contentType: $0) }) {
            try await self.receiveForm(request.body, reader)
        } else {
            guard let name = request.text("name"), !name.isEmpty else {
                throw Problem(
                    .badRequest, "invalid",
                    "The file has no name. Send a form with a file, or add ?name= to the address.")
            }
            self.name = name
            for try await bytes in request.body { try await self.add(bytes.readableBytesView) }
        }
        return try await self.finish()
    }

    private mutating func receiveForm(_ body: RequestBody, _ reader: MultipartReader) async throws {
        var reader = reader
        var isFile = false
        var others = 0
        for try await bytes in body {
            if !isFile {
                others += bytes.readableBytes
                guard others <= Self.mostAround else { throw Self.tooLarge }
            }
            for event in try Self.events(of: bytes, &reader) {
                switch event {
                case .part(_, let fileName?):
                    guard self.name == nil else {
                        throw Problem(.badRequest, "invalid", "The form has several files. Send one at a time.")
                    }
                    self.name = fileName
                    isFile = true
                case .part: isFile = false
                case .bytes(let bytes): if isFile { try await self.add(bytes) }
                case .end: break
                }
            }
        }
        guard reader.hasEnded else { throw Self.malformed }
    }

    private static func events(
        of bytes: ByteBuffer, _ reader: inout MultipartReader
    ) throws -> [MultipartReader.Event] {
        do {
            return try reader.read(bytes.readableBytesView)
        } catch {
            throw Self.malformed
        }
    }

    private static let malformed = Problem(
        .badRequest, "invalid", "The form is not complete multipart/form-data. Send the file again.")

    private mutating func add(_ bytes: some Sequence<UInt8>) async throws {
        self.buffer += bytes
        guard self.offset + self.buffer.count <= Self.mostBytes else {
            throw Self.tooLarge
        }
        while self.buffer.count > FileResult.mostBytes {
            let piece = self.buffer.prefix(FileResult.mostBytes)
            _ = try await self.send(piece, isLast: false)
            self.buffer.removeFirst(piece.count)
        }
    }

    private mutating func finish() async throws -> StoredFile {
        guard self.name != nil else { throw Problem(.badRequest, "invalid", "The form has no file. Add one.") }
        // The chat may have been deleted while the file was on its way.
        _ = try await self.store.session(self.session, of: self.caller.user)
        guard let file = try await self.send(self.buffer[...], isLast: true) else {
            throw RuntimeFailure(.refused, "The file was not kept. Send it again.")
        }
        return file
    }

    private mutating func send(_ bytes: ArraySlice<UInt8>, isLast: Bool) async throws -> StoredFile? {
        let piece = FilePiece(
            id: self.id, name: self.name ?? "", offset: self.offset, content: Data(bytes).base64EncodedString(),
            last: isLast)
        let file = try await self.runtime.putFile(piece, self.session, self.caller)
        self.offset += bytes.count
        return file
    }
}
