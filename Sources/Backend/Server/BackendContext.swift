import AccessTokens
import Hummingbird
import NIOCore

/// The context of a request.
struct BackendContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The authenticated user; set on API routes only.
    var identity: Identity?
    /// The user's bearer token.
    var token: String?
    /// The connection that carries the request. Response streams end when it closes.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }

    /// A message holds up to 32 KB, and JSON can escape each byte as six.
    var maxUploadSize: Int { 256 * 1024 }

    /// The authenticated caller.
    /// - Throws: ``Problem`` 401.
    var caller: Caller {
        get throws {
            guard let identity else { throw Problem.unauthorized }
            return Caller(user: identity.userID, token: self.token)
        }
    }
}
