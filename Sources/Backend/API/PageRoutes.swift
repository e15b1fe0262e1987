import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import Settings

/// The routes for the page, its configuration, and the API's description.
struct PageRoutes: Sendable {
    private struct Configuration: Encodable {
        struct Limits: Encodable {
            var message_bytes = MessageText.largest
            var title_characters = 200
            var file_bytes = FileUpload.mostBytes
            var message_files = MessageFiles.most
        }

        struct SignIn: Encodable {
            var authorize_url: String
            var token_url: String
            var logout_url: String
            var revoke_url: String
            var client_id: String
            var scope = "phone openid email profile"

            init?(_ settings: BackendSettings.Cognito) {
                guard let client = settings.clientIDs.first else { return nil }
                self.authorize_url = "\(settings.domain)/oauth2/authorize"
                self.token_url = "\(settings.domain)/oauth2/token"
                self.logout_url = "\(settings.domain)/logout"
                self.revoke_url = "\(settings.domain)/oauth2/revoke"
                self.client_id = client
            }
        }

        var mode: String
        var version = "0.1.0"
        var demo_site: String?
        var model: String?
        var limits = Limits()
        var sign_in: SignIn?
    }

    private let configuration: Configuration
    private let libraries: [String: ByteBuffer]

    init(_ settings: BackendSettings, demoSite: String?, model: String?, logger: Logger) {
        self.configuration = Configuration(
            mode: settings.cognito == nil ? "local" : "cognito", demo_site: demoSite, model: model,
            sign_in: settings.cognito.flatMap(Configuration.SignIn.init))
        let files = ["marked.js": settings.libraries.marked]
        self.libraries = files.compactMapValues { path in
            do {
                return ByteBuffer(bytes: try Data(contentsOf: URL(filePath: path)))
            } catch {
                logger.warning(
                    "Answers are shown as plain text, because the page's Markdown parser is missing",
                    metadata: ["path": "\(path)", "remedy": "Install Debian's libjs-marked."])
                return nil
            }
        }
    }

    func add(to router: Router<BackendContext>) {
        for path: RouterPath in ["/", "/chat/:id", "/authorize"] {
            router.get(path) { _, _ in Self.response(PageFiles.index, type: "text/html; charset=utf-8") }
        }
        router.get("/assets/:name") { _, context in
            let name = try context.parameters.require("name")
            guard let file = PageFiles.all[name] else { throw Problem.noRoute }
            return Self.response(file, type: try Self.type(of: name))
        }
        router.get("/assets/lib/:name") { _, context in
            guard let file = self.libraries[try context.parameters.require("name")] else { throw Problem.noRoute }
            return Response(
                status: .ok, headers: Self.headers("text/javascript; charset=utf-8"), body: .init(byteBuffer: file))
        }
        router.get("/api/config") { _, _ in try Response.json(self.configuration) }
        router.get("/api/openapi.json") { _, _ in Self.response(PageFiles.openAPI, type: "application/json") }
    }

    private static func response(_ file: [UInt8], type: String) -> Response {
        Response(status: .ok, headers: Self.headers(type), body: .init(byteBuffer: ByteBuffer(bytes: file)))
    }

    /// The browser revalidates on each load, so a new version of the page takes effect immediately.
    private static func headers(_ type: String) -> HTTPFields { [.contentType: type, .cacheControl: "no-cache"] }

    private static func type(of name: String) throws -> String {
        switch name.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/manifest+json"
        default: throw Problem.noRoute
        }
    }
}
