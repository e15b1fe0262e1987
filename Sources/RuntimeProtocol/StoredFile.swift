public import AgentEvents

/// A file that a website sent during a session, and that is kept with it.
public struct StoredFile: Sendable, Hashable, Codable {
    /// An id that cannot be guessed.
    public var id: String
    /// The name to show and to save it under. No other file of the session has it.
    public var name: String
    /// The media type by the file's content, such as `application/pdf`; never what the website says.
    public var type: String
    /// The size in bytes.
    public var size: Int
    /// The origin of the website, such as `https://example.com`.
    public var site: String?

    public init(id: String, name: String, type: String, size: Int, site: String? = nil) {
        self.id = id
        self.name = name
        self.type = type
        self.size = size
        self.site = site
    }
}

/// A piece of a file, or the reason that there is none.
public struct FileResult: Sendable, Hashable, Codable {
    /// The id of the file.
    public var id: String
    public var status: RunStatus
    public var file: StoredFile?
    /// The bytes from the requested offset, in Base64: at most ``mostBytes``. Empty at the end of the file.
    public var content: String?
    public var code: String?
    public var message: String?

    /// The maximum number of bytes in a piece.
    public static let mostBytes = 1 << 20

    public init(
        id: String, status: RunStatus, file: StoredFile? = nil, content: String? = nil, code: String? = nil,
        message: String? = nil
    ) {
        self.id = id
        self.status = status
        self.file = file
        self.content = content
        self.code = code
        self.message = message
    }
}
