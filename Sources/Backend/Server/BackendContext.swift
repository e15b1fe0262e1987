import AccessTokens
import Hummingbird
import NIOCore

/// What is known of a request.
struct BackendContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; set for the routes of the API.
    var identity: Identity?
    /// The token that they came with.
    var token: String?
    /// The connection that it came by, whose end ends what streams to it.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }

    /// A message may have 32 KB, and JSON may write each byte of it as six.
    var maxUploadSize: Int { 256 * 1024 }

    /// Who asks.
    /// - Throws: ``Problem`` 401.
    var caller: Caller {
        get throws {
            guard let identity else { throw Problem.unauthorized }
            return Caller(user: identity.userID, token: self.token)
        }
    }
}
