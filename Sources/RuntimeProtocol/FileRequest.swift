/// A request about the files of a session: `{"file": {"action": "remove", "id": "…"}}`. Without an action, it reads.
public enum FileRequest: Sendable, Hashable {
    case list
    /// A piece of a file, from this byte on.
    case read(id: String, from: Int = 0, count: Int = FileResult.mostBytes)
    /// A small JPEG of a PDF's first page. Pictures need none.
    case preview(id: String)
    case remove(id: String)

    /// The id of the file that is meant; `nil` for a list.
    public var id: String? {
        switch self {
        case .list: nil
        case .read(let id, _, _), .preview(let id), .remove(let id): id
        }
    }
}

extension FileRequest: Codable {
    private enum CodingKeys: String, CodingKey { case action, id, offset, count }
    private enum Action: String, Codable { case list, read, preview, remove }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = { try container.decode(String.self, forKey: .id) }
        switch try container.decodeIfPresent(Action.self, forKey: .action) ?? .read {
        case .list: self = .list
        case .preview: self = .preview(id: try id())
        case .remove: self = .remove(id: try id())
        case .read:
            let offset = try container.decodeIfPresent(Int.self, forKey: .offset) ?? 0
            guard offset >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .offset, in: container, debugDescription: "offset is below 0.")
            }
            let count = try container.decodeIfPresent(Int.self, forKey: .count) ?? FileResult.mostBytes
            self = .read(id: try id(), from: offset, count: min(max(count, 0), FileResult.mostBytes))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .list: try container.encode(Action.list, forKey: .action)
        case .preview(let id):
            try container.encode(Action.preview, forKey: .action)
            try container.encode(id, forKey: .id)
        case .remove(let id):
            try container.encode(Action.remove, forKey: .action)
            try container.encode(id, forKey: .id)
        case .read(let id, let offset, let count):
            try container.encode(id, forKey: .id)
            if offset != 0 { try container.encode(offset, forKey: .offset) }
            if count != FileResult.mostBytes { try container.encode(count, forKey: .count) }
        }
    }
}
