import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression
import TextCoding

/// A file of the page, as it is sent: compressed once, and with a tag by which a browser keeps it.
struct PageFile: Sendable {
    /// How long browsers may use a file without asking.
    enum Life {
        /// They ask each time, so that a new version takes effect at once.
        case short
        /// The address names the version, so its content never changes.
        case forever
    }

    private let type: String
    /// Identifies the content.
    let tag: String
    private let plain: ByteBuffer
    private let compressed: ByteBuffer?

    init(_ bytes: some Sequence<UInt8>, type: String) {
        self.type = type
        self.plain = ByteBuffer(bytes: bytes)
        // Weak, because it stands for both encodings.
        self.tag = "W/\"\(Self.digest(self.plain).prefix(16))\""
        let compressed = Self.gzip(self.plain)
        let isSmaller = (compressed?.readableBytes ?? .max) < self.plain.readableBytes
        self.compressed = isSmaller ? compressed : nil
    }

    /// Identifies a content, in hexadecimal.
    static func digest(_ buffer: ByteBuffer) -> String { SHA256.hash(data: buffer.readableBytesView).hexadecimal }

    func response(to request: Request, _ life: Life = .short, status: HTTPResponse.Status = .ok) -> Response {
        var headers: HTTPFields = [
            .contentType: self.type, .eTag: self.tag, .vary: "Accept-Encoding",
            .cacheControl: life == .short ? "no-cache" : "public, max-age=31536000, immutable",
        ]
        let known = request.headers[values: .ifNoneMatch].joined(separator: ",")
        if status == .ok, known.contains(self.tag) { return Response(status: .notModified, headers: headers) }
        guard let compressed, Self.acceptsGzip(request.headers[values: .acceptEncoding]) else {
            return Response(status: status, headers: headers, body: .init(byteBuffer: self.plain))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: status, headers: headers, body: .init(byteBuffer: compressed))
    }

    /// Whether a client takes gzip, which `gzip;q=0` rules out. See RFC 9110, 12.5.3.
    static func acceptsGzip(_ headers: [String]) -> Bool {
        headers.joined(separator: ",").lowercased().split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map { $0.trimming { $0.isWhitespace } }
            guard let name = parts.first, name == "gzip" || name == "x-gzip" else { return false }
            return !parts.dropFirst().contains { $0.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) } }
        }
    }

    /// Compresses with NIO's handler, which compresses responses: it gets one, and its output is collected.
    private static func gzip(_ buffer: ByteBuffer) -> ByteBuffer? {
        let channel = EmbeddedChannel(handler: HTTPResponseCompressor())
        do {
            try channel.writeInbound(
                HTTPServerRequestPart.head(
                    .init(version: .http1_1, method: .GET, uri: "/", headers: ["accept-encoding": "gzip"])))
            try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)))
            try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(buffer)))
            try channel.writeOutbound(HTTPServerResponsePart.end(nil))
            var compressed = ByteBuffer()
            while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
                if case .body(.byteBuffer(var piece)) = part { compressed.writeBuffer(&piece) }
            }
            _ = try channel.finish()
            return compressed
        } catch {
            // The file is sent as it is.
            return nil
        }
    }
}
