public import FoundationEssentials

/// The media type of a file by its content. The website's own claim never counts.
///
/// What a browser would run, such as HTML and SVG, has no type of its own here, so that it's never shown as a page.
public enum MediaType {
    public static let pdf = "application/pdf"
    public static let unknown = "application/octet-stream"
    /// The number of bytes at the start of a file that are enough to tell.
    static let headSize = 4096

    private static let signatures: [(bytes: [UInt8], type: String)] = [
        (Array("%PDF-".utf8), pdf), ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
        ([0xFF, 0xD8, 0xFF], "image/jpeg"), (Array("GIF87a".utf8), "image/gif"), (Array("GIF89a".utf8), "image/gif"),
    ]

    private static let packed = [
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]

    /// The ending of office documents of this type; `nil` for other types.
    static func officeEnding(of type: String) -> String? { self.packed.first { $0.value == type }?.key }

    private static let texts = ["csv": "text/csv", "tsv": "text/plain", "txt": "text/plain", "json": "text/plain"]

    /// Returns the type of a file.
    /// - Parameters:
    ///   - head: The first bytes of the file.
    ///   - name: The file's name, whose ending tells apart what begins alike.
    public static func of(_ head: Data, named name: String) -> String {
        if let known = self.signatures.first(where: { head.starts(with: $0.bytes) }) { return known.type }
        if head.starts(with: Array("RIFF".utf8)), head.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            return "image/webp"
        }
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return self.packed[ending] ?? "application/zip" }
        if let type = self.texts[ending], self.isText(head) { return type }
        return self.unknown
    }

    /// Whether bytes are UTF-8 without control characters. The last character may be cut off.
    private static func isText(_ head: Data) -> Bool {
        let isPlain = head.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
        return isPlain && (0...3).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }
}
