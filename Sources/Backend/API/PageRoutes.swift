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
            var message_files = MessageOptions.mostFiles
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
        var can_choose_model = false
        var limits = Limits()
        var sign_in: SignIn?
    }

    private let configuration: Configuration
    private let model: @Sendable () -> String?
    private let canChooseModel: Bool
    private let index: PageFile
    private let openAPI: PageFile
    private let files: [String: PageFile]
    private let libraries: [String: PageFile]
    /// Names the version of all files. It's a part of their addresses, so that browsers keep them until it changes.
    private let version: String

    init(
        _ settings: BackendSettings, demoSite: String?, model: @escaping @Sendable () -> String?, canChooseModel: Bool,
        logger: Logger
    ) {
        self.model = model
        self.canChooseModel = canChooseModel
        self.configuration = Configuration(
            mode: settings.cognito == nil ? "local" : "cognito", demo_site: demoSite,
            sign_in: settings.cognito.flatMap(Configuration.SignIn.init))
        let libraries = ["marked.js": settings.libraries.marked]
        self.libraries = libraries.compactMapValues { path in
            do {
                return PageFile(try Data(contentsOf: URL(filePath: path)), type: Self.type(of: "marked.js"))
            } catch {
                logger.warning(
                    "Answers are shown as plain text, because the page's Markdown parser is missing",
                    metadata: ["path": "\(path)", "remedy": "Install Debian's libjs-marked."])
                return nil
            }
        }
        self.files = PageFiles.all.merging(PageFiles.bundle) { $1 }
            .reduce(into: [:]) { $0[$1.key] = PageFile($1.value.utf8, type: Self.type(of: $1.key)) }
        let all = self.files.merging(self.libraries) { $1 }.sorted { $0.key < $1.key }
        let digests = all.map { "\($0.key) \($0.value.tag)" }.joined(separator: "\n")
        self.version = String(PageFile.digest(ByteBuffer(string: digests)).prefix(12))
        self.index = PageFile(Self.index(self.version).utf8, type: "text/html; charset=utf-8")
        self.openAPI = PageFile(PageFiles.openAPI.utf8, type: "application/json")
    }

    /// The page's document. It names the version of the files. Plain modules are all named, so that the browser needn't
    /// find one after the other.
    private static func index(_ version: String) -> String {
        let index: String
        if let bundled = PageFiles.bundle["index.html"] {
            index = bundled
        } else {
            let modules = PageFiles.all.keys.filter { $0.hasSuffix(".js") && $0 != "theme.js" }.sorted()
                .map { "    <link rel=\"modulepreload\" href=\"/assets/\($0)\">\n" }.joined()
            index = PageFiles.index.replacing("</head>", with: "\(modules)</head>", maxReplacements: 1)
        }
        return index.replacing("=\"/assets/", with: "=\"/assets/v/\(version)/")
    }

    func add(to router: Router<BackendContext>) {
        for path: RouterPath in ["/", "/chat/:id", "/authorize"] {
            router.get(path) { request, _ in self.index.response(to: request) }
        }
        for path: RouterPath in ["/assets/:name", "/assets/v/:version/:name"] {
            router.get(path) { request, context in try self.response(to: request, context, self.files) }
        }
        for path: RouterPath in ["/assets/lib/:name", "/assets/v/:version/lib/:name"] {
            router.get(path) { request, context in try self.response(to: request, context, self.libraries) }
        }
        router.get("/api/config") { _, _ in
            var configuration = self.configuration
            configuration.model = self.model()
            configuration.can_choose_model = self.canChooseModel
            return try Response.json(configuration)
        }
        router.get("/api/openapi.json") { request, _ in self.openAPI.response(to: request) }
    }

    /// The page instead of a problem, for somebody who follows a wrong link; `nil` for programs.
    func notFound(_ request: Request) -> Response? {
        let isProgram = ["/api", "/assets", "/ws", "/health"].contains { request.uri.path.hasPrefix($0) }
        let accepted = request.headers[values: .accept].joined(separator: ",")
        guard request.method == .get, !isProgram, accepted.contains("text/html") else { return nil }
        return self.index.response(to: request, status: .notFound)
    }

    private func response(
        to request: Request, _ context: BackendContext, _ files: [String: PageFile]
    ) throws -> Response {
        guard let file = files[try context.parameters.require("name")] else { throw Problem.noRoute }
        // A page of an earlier version gets the file too, and doesn't keep it.
        return file.response(to: request, context.parameters.get("version") == self.version ? .forever : .short)
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/manifest+json"
        default: "text/javascript; charset=utf-8"
        }
    }
}
