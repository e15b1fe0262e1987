import AgentEvents
import AsyncHTTPClient
import Crypto
package import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization
import SystemPackage
import TextCoding

/// The objects of one S3 bucket.
///
/// The bucket is a part of the path, so one endpoint serves all buckets.
package struct S3Bucket: Sendable {
    /// An object in a list.
    package struct Entry: Sendable, Hashable {
        package var key: String
        /// When the object was written, as in ISO 8601.
        package var modified: String
    }

    private static let pieceSize = 256 * 1024

    package let name: String
    private let client: AWSClient

    package init(_ client: AWSClient, name: String) {
        self.client = client
        self.name = name
    }

    // MARK: Writing

    /// Writes an object. It replaces an object with the same key.
    /// - Throws: ``AWSError``.
    package func put(_ key: String, _ bytes: Data) async throws {
        var request = try self.request("PutObject", .PUT, key)
        request.body = .bytes(ByteBuffer(bytes: bytes))
        try await self.finish(request)
    }

    /// Writes a file as an object, without holding it in memory. The file must not change in the meantime.
    /// - Throws: ``AWSError``, or an error of the file system.
    package func put(_ key: String, contentsOf path: String) async throws {
        var digest = SHA256()
        var length: Int64 = 0
        while let piece = try Self.piece(of: path, at: length) {
            digest.update(data: piece)
            length += Int64(piece.count)
        }
        var request = try self.request("PutObject", .PUT, key)
        request.timeout = .seconds(300)
        request.body = .stream(sha256: Array(digest.finalize()).hexadecimal, length: length) { Self.pieces(of: path) }
        try await self.finish(request)
    }

    /// Deletes an object. It's no error if there is none.
    /// - Throws: ``AWSError``.
    package func remove(_ key: String) async throws {
        try await self.finish(try self.request("DeleteObject", .DELETE, key))
    }

    /// Deletes the bucket with all its objects; `false` if there is none.
    /// - Throws: ``AWSError``.
    package func removeWithObjects() async throws -> Bool {
        do {
            for object in try await self.objects(below: "") { try await self.remove(object.key) }
            try await self.finish(
                try AWSRequest("DeleteBucket", of: .s3, .DELETE, "/{Bucket}", labels: ["Bucket": self.name]))
            return true
        } catch let error as AWSError where error.code == .notFound {
            return false
        }
    }

    // MARK: Reading

    /// Reads an object of at most 1 MB; `nil` if there is none.
    /// - Throws: ``AWSError``.
    package func object(_ key: String) async throws -> Data? {
        guard let response = try await self.response(to: key) else { return nil }
        return Data(try await response.bytes(upTo: 1 << 20).readableBytesView)
    }

    /// Writes an object to a file, without holding it in memory; `false` if there is none.
    /// - Throws: ``AWSError``, or an error of the file system. The file may then be incomplete.
    package func download(_ key: String, to path: String) async throws -> Bool {
        guard let response = try await self.response(to: key) else { return false }
        let file = try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        do {
            for try await piece in response.body { try file.writeAll(piece.readableBytesView) }
        } catch {
            try file.close()
            throw error
        }
        try file.close()
        return true
    }

    /// Lists the objects whose keys begin with a prefix.
    /// - Throws: ``AWSError``.
    package func objects(below prefix: String) async throws -> [Entry] {
        var entries: [Entry] = []
        var token: String?
        repeat {
            var request = try AWSRequest(
                "ListObjectsV2", of: .s3, .GET, "/{Bucket}", labels: ["Bucket": self.name])
            request.addQuery("list-type", "2")
            request.addQuery("prefix", prefix.isEmpty ? nil : prefix)
            request.addQuery("continuation-token", token)
            let xml = String(buffer: try await self.client.execute(request).bytes())
            entries += XMLText.all("Contents", in: xml).compactMap { content in
                XMLText.first("Key", in: String(content)).map {
                    Entry(key: $0, modified: XMLText.first("LastModified", in: String(content)) ?? "")
                }
            }
            token = XMLText.first("NextContinuationToken", in: xml)
        } while token != nil
        return entries
    }

    // MARK: Requests

    private func request(_ operation: String, _ method: HTTPMethod, _ key: String) throws -> AWSRequest {
        try AWSRequest(operation, of: .s3, method, "/{Bucket}/{Key+}", labels: ["Bucket": self.name, "Key": key])
    }

    private func response(to key: String) async throws -> AWSResponse? {
        do {
            return try await self.client.execute(try self.request("GetObject", .GET, key))
        } catch let error as AWSError where error.type == "NoSuchKey" {
            return nil
        }
    }

    /// Sends a request, and reads its response to the end so that the connection can be used again.
    private func finish(_ request: AWSRequest) async throws { _ = try await self.client.execute(request).bytes() }

    /// Opens the file for each piece, because nobody closes it when a request is given up.
    private static func piece(of path: String, at offset: Int64) throws -> Data? {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var piece = Data(count: Self.pieceSize)
            let count = try piece.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: offset, into: $0) }
            return count > 0 ? piece.prefix(count) : nil
        }
    }

    /// The content of a file, read as it's sent. If reading fails, the content is too short, and the request fails.
    private static func pieces(of path: String) -> AsyncStream<ByteBuffer> {
        let offset = Mutex<Int64>(0)
        return AsyncStream {
            guard let piece = try? self.piece(of: path, at: offset.withLock({ $0 })) else { return nil }
            offset.withLock { $0 += Int64(piece.count) }
            return ByteBuffer(bytes: piece)
        }
    }
}
