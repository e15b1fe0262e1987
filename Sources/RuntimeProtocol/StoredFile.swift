public import AgentEvents
package import FoundationEssentials

/// A file that is kept with a session: a website sent it, or the user attached it.
public struct StoredFile: Sendable, Hashable, Codable {
    /// An id that cannot be guessed.
    public var id: String
    /// The name to show and to save it under. No other file of the session has it.
    public var name: String
    /// The media type by the file's content, such as `application/pdf`; never what the website says.
    public var type: String
    /// The size in bytes.
    public var size: Int
    /// The origin of the website that sent it, such as `https://example.com`, if that is known.
    public var site: String?
    /// `true` if the user attached it.
    public var attached: Bool?

    public init(
        id: String, name: String, type: String, size: Int, site: String? = nil, attached: Bool? = nil
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.size = size
        self.site = site
        self.attached = attached
    }
}

/// A piece of a file that the user attaches. The runtime keeps the file once it has the last piece.
public struct FilePiece: Sendable, Hashable, Codable, Redacted {
    /// The id of the file: a UUID in lowercase that the client chose, and that cannot be guessed.
    public var id: String
    /// The name to keep it under.
    public var name: String
    /// Where the piece begins, in bytes. Pieces come in order. The same piece may be sent again.
    public var offset: Int
    /// The bytes in Base64.
    public var content: String
    /// Whether the file ends with this piece.
    public var last: Bool
    /// `true` if the file will not be completed: what there is of it is removed, and the rest of the piece is ignored.
    public var abandoned: Bool?

    public init(
        id: String, name: String, offset: Int, content: String, last: Bool, abandoned: Bool? = nil
    ) {
        self.id = id
        self.name = name
        self.offset = offset
        self.content = content
        self.last = last
        self.abandoned = abandoned
    }

    /// Divides a whole file into pieces. The last one may be empty.
    package static func pieces(of bytes: Data, id: String, named name: String) -> some Sequence<FilePiece> {
        stride(from: 0, through: bytes.count, by: FileResult.mostBytes).lazy.map { offset in
            FilePiece(
                id: id, name: name, offset: offset,
                content: bytes.dropFirst(offset).prefix(FileResult.mostBytes).base64EncodedString(),
                last: offset + FileResult.mostBytes > bytes.count)
        }
    }
}

/// The answer to a ``FileRequest``, or the reason that it could not be done. Also the answer to a piece that was put: its
/// `file` is present once the file is complete.
public struct FileResult: Sendable, Hashable, Codable {
    /// The id of the file; `nil` in a list.
    public var id: String?
    public var status: RunStatus
    public var file: StoredFile?
    /// The files of the session, in the order in which they were kept, if they were asked for.
    public var files: [StoredFile]?
    /// The bytes from the requested offset, or a preview, in Base64: at most ``mostBytes``. Empty at the end of the file.
    public var content: String?
    public var code: String?
    public var message: String?

    /// The maximum number of bytes in a piece.
    public static let mostBytes = 1 << 20

    /// Whether this can be the answer to a request. A runtime of an earlier version reads the file, whatever the action.
    package func answers(_ request: FileRequest) -> Bool {
        switch request {
        case .read: true
        case .list: self.files != nil
        case .preview, .remove: self.file == nil
        }
    }

    public init(
        id: String?, status: RunStatus, file: StoredFile? = nil, files: [StoredFile]? = nil, content: String? = nil,
        code: String? = nil, message: String? = nil
    ) {
        self.id = id
        self.status = status
        self.file = file
        self.files = files
        self.content = content
        self.code = code
        self.message = message
    }
}
