import ChatStoreSQLite
import Foundation
import Logging
import Settings
import Testing

@testable import Backend

@Suite("Routes")
struct RoutesTests {
    private struct Document: Decodable {
        var paths: [String: [String: Ignored]]
        struct Ignored: Decodable { init(from decoder: any Decoder) {} }
    }

    @Test("the OpenAPI document describes exactly the routes of the backend")
    func documented() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let backend = try Backend(
            BackendSettings(), store: try SQLiteChatStore(path: "\(folder.path)/chats.sqlite"),
            aws: { throw CancellationError() },
            logger: Logger(label: "test"))
        let document = try JSONDecoder().decode(Document.self, from: Data(PageFiles.openAPI.utf8))
        let described = document.paths.flatMap { path, item in
            item.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(Self.plain(path))" }
        }
        #expect(Set(backend.routes.map(Self.plain)) == Set(described))
    }

    /// Parameters have other names in the document, which is for clients.
    private static func plain(_ path: String) -> String { path.replacing(#/\{\w+\}|:\w+/#, with: "{}") }
}
