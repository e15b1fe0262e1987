import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RuntimeProtocol
import TextCoding

/// The routes for a chat's files. The runtime keeps them; their bytes only pass through here, piece by piece.
struct FileRoutes: Sendable {
    let store: any ChatStore
    let runtime: RuntimeConnection
    let limits: RateLimits

    func add(to api: RouterGroup<BackendContext>) {
        let files = api.group("sessions/:id/files")
        files.get(use: self.list)
        files.post(use: self.put)
        files.get(":file", use: self.file)
        files.get(":file/preview", use: self.preview)
        files.delete(":file", use: self.remove)
    }

    private struct ListAnswer: Encodable { var files: [StoredFile] }

    private func list(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        return try .json(ListAnswer(files: try await self.runtime.file(.list, session, caller).files ?? []))
    }

    private func remove(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        _ = try await self.runtime.file(.remove(id: try context.parameters.require("file")), session, caller)
        return Response(status: .noContent)
    }

    private func preview(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        let id = try context.parameters.require("file")
        let result = try await self.runtime.file(.preview(id: id), session, caller)
        guard let jpeg = result.content.flatMap({ Data(base64Encoded: $0) }) else {
            throw Problem(.notFound, "no_preview", "This file has no preview.")
        }
        return Response(
            status: .ok,
            headers: Self.headers(of: StoredFile(id: id, name: "preview.jpg", type: "image/jpeg", size: jpeg.count)),
            body: .init(byteBuffer: ByteBuffer(bytes: jpeg)))
    }

    private func put(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        try self.limits.take(.message, for: caller.user)
        var upload = FileUpload(runtime: self.runtime, store: self.store, session: session, caller: caller)
        return try .json(try await upload.receive(request), status: .created)
    }

    private func file(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        let id = try context.parameters.require("file")
        let runtime = self.runtime
        let first = try await runtime.file(id, from: 0, session, caller)
        return Response(
            status: .ok, headers: Self.headers(of: first.file),
            body: ResponseBody(contentLength: first.file.size) { writer in
                var offset = 0
                var piece = first.bytes
                while offset < first.file.size {
                    // The client was promised all bytes. An error ends the connection, so that it notices.
                    guard !piece.isEmpty else { throw Problem(.notFound, "not_found", "The file ended too early.") }
                    try await writer.write(ByteBuffer(bytes: piece))
                    offset += piece.count
                    if offset < first.file.size {
                        piece = try await runtime.file(id, from: offset, session, caller).bytes
                    }
                }
                try await writer.finish(nil)
            })
    }

    /// What the browser may show itself. None of it can run anything in the page's origin.
    private static let viewable: Set = [
        "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "text/csv",
    ]

    /// A website chose the file, so nothing of it may run here: its type comes from its content, and everything but a few
    /// harmless types is only ever saved.
    private static func headers(of file: StoredFile) -> HTTPFields {
        let isViewable = self.viewable.contains(file.type)
        var headers: HTTPFields = [
            .contentType: isViewable ? file.type : "application/octet-stream",
            .contentDisposition: "\(isViewable ? "inline" : "attachment"); "
                + "filename*=UTF-8''\(PercentCoding.encode(file.name))",
            .contentSecurityPolicy: "sandbox; default-src 'none'", .xContentTypeOptions: "nosniff",
            .cacheControl: "private, no-store",
        ]
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[name] = "same-origin" }
        return headers
    }
}
