import WebSocket
package import WebSocketClient

extension AWSClient {
    /// Opens a WebSocket. Signs the handshake immediately before it is sent, because a signature is valid only for
    /// minutes.
    ///
    /// The signature covers the host, the date, the session token, and `headers`. It doesn't cover the WebSocket's own
    /// fields, because proxies rewrite them.
    /// - Parameters:
    ///   - operation: The operation's name, for messages.
    ///   - path: The encoded path, exactly as it is sent.
    ///   - headers: Additional header fields, which are signed too.
    /// - Throws: ``AWSError`` with the service's response.
    package func openSocket(
        _ operation: String, of service: AWSService, path: String, query: String = "",
        headers: [(name: String, value: String)] = [], region: Region? = nil,
        authentication: Authentication = .signature
    ) async throws -> WebSocketConnection {
        var hasRenewed = false
        while true {
            do {
                return try await self.connect(operation, service, path, query, headers, region, authentication)
            } catch let error as AWSError {
                // As for HTTP requests: the response may have corrected the clock or invalidated the credentials.
                guard !hasRenewed, [.clockSkew, .expiredCredentials].contains(error.code), authentication == .signature
                else { throw error }
                hasRenewed = true
            }
        }
    }

    private func connect(
        _ operation: String, _ service: AWSService, _ path: String, _ query: String,
        _ headers: [(name: String, value: String)], _ region: Region?, _ authentication: Authentication
    ) async throws -> WebSocketConnection {
        let (endpoint, signer, request) = try self.socketRequest(service, path, query, headers, region)
        var fields = headers
        var credentials: AWSCredentials?
        switch authentication {
        case .signature:
            let current = try await self.credentials.current()
            fields += signer.headers(for: request, with: current, at: self.clock.now)
            credentials = current
        case .bearer(let token): fields.append((name: "Authorization", value: "Bearer \(token)"))
        case .none: break
        }
        fields.append((name: "User-Agent", value: "ai4ai"))
        let url = endpoint.socketURL(request.path + (query.isEmpty ? "" : "?\(query)"))
        do {
            return try await WebSocketClient().connect(to: url, headers: fields)
        } catch let error as WebSocketError {
            guard let refusal = error.refusal else {
                throw AWSError(
                    .unreachable, error.message, remedy: "Check the network, the region and AWS_ENDPOINT_URL.")
            }
            throw await self.learn(
                from: ServiceErrorReader.read(
                    status: refusal.status, body: refusal.body, subject: "\(service.id) \(operation)"
                ) { refusal.headers[$0] },
                date: refusal.headers["date"], credentials)
        }
    }

    /// Returns a URL whose query contains the signature.
    /// - Parameters:
    ///   - expiry: How long the URL can be used to connect, in seconds; 1 to 300 for AgentCore.
    ///   - isSocket: Whether the URL opens a WebSocket.
    /// - Throws: ``AWSError``.
    package func presignedURL(
        of service: AWSService, path: String, query: String = "", expiry: Int, isSocket: Bool, region: Region? = nil
    ) async throws -> String {
        guard (1...300).contains(expiry) else {
            throw AWSError(.invalidInput, "A presigned address can hold for 1 to 300 seconds, not \(expiry).")
        }
        let (endpoint, signer, request) = try self.socketRequest(service, path, query, [], region)
        let signed = signer.presignedQuery(
            for: request, with: try await self.credentials.current(), at: self.clock.now, expiry: expiry)
        let address = "\(request.path)?\(signed)"
        return isSocket ? endpoint.socketURL(address) : endpoint.url(address)
    }

    private func socketRequest(
        _ service: AWSService, _ path: String, _ query: String, _ headers: [(name: String, value: String)],
        _ region: Region?
    ) throws -> (ServiceEndpoint, SigV4Signer, SigV4Signer.Request) {
        let region = try self.configuration.region(region, of: service)
        let endpoint = self.configuration.endpoint(of: service, in: region)
        let request = SigV4Signer.Request(
            method: "GET", path: endpoint.basePath + path, query: query,
            headers: [(name: "Host", value: endpoint.authority)] + headers)
        return (endpoint, SigV4Signer(service: service.signingName, region: region.name), request)
    }
}
