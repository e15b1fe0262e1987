package import FoundationEssentials

/// Files that others have published, to be judged by.
package enum Fixtures {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    package static func data(_ path: String) throws -> Data { try Data(contentsOf: self.root.appending(path: path)) }

    package static func text(_ path: String) throws -> String { String(decoding: try self.data(path), as: UTF8.self) }

    /// The names in a folder, sorted.
    package static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.root.appending(path: folder).path).sorted()
    }
}
