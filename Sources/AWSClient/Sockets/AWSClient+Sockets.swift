import FoundationEssentials

extension AWSClient {
    /// A WebSocket's address and the header fields of its handshake, signed at this moment.
    package struct SocketHandshake: Sendable {
        package var url: String
        package var headers: [(name: String, value: String)]
    }

    /// Signs a handshake. A signature holds for minutes: sign for each connect, and keep none.
    ///
    /// Signed are the host, the date, the session's token and what `headers` holds; the WebSocket's own fields are
    /// not, because proxies write them anew.
    /// - Parameters:
    ///   - path: As it goes over the wire.
    ///   - headers: More header fields, to be signed too.
    /// - Throws: ``AWSError``.
    package func handshake(
        of service: AWSService, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        region: Region? = nil
    ) async throws -> SocketHandshake {
        let (endpoint, signer, request) = try self.socketRequest(service, path, query, headers, region)
        let fields = signer.headers(for: request, with: try await self.credentials.current(), at: self.clock.now)
        return SocketHandshake(
            url: endpoint.socketURL(request.path + (query.isEmpty ? "" : "?\(query)")), headers: headers + fields)
    }

    /// A handshake that shows who connects by other means than a signature, such as a bearer token.
    /// - Throws: ``AWSError``.
    package func unsignedHandshake(
        of service: AWSService, path: String, query: String = "", headers: [(name: String, value: String)],
        region: Region? = nil
    ) throws -> SocketHandshake {
        let (endpoint, _, request) = try self.socketRequest(service, path, query, headers, region)
        return SocketHandshake(
            url: endpoint.socketURL(request.path + (query.isEmpty ? "" : "?\(query)")), headers: headers)
    }

    /// An address whose query holds the signature.
    /// - Parameters:
    ///   - expiry: How long it can be connected to, in seconds; 1 to 300 for AgentCore.
    ///   - isSocket: Whether a WebSocket is opened with it.
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
        let region = try self.configuration.region(region)
        let endpoint = self.configuration.endpoint(of: service, in: region)
        let request = SigV4Signer.Request(
            method: "GET", path: endpoint.basePath + path, query: query,
            headers: [(name: "Host", value: endpoint.authority)] + headers)
        return (endpoint, SigV4Signer(service: service.signingName, region: region.name), request)
    }
}
