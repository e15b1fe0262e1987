import CZlib
import FoundationEssentials
import SystemPackage

/// Reads the entries of a ZIP file (PKWARE's APPNOTE) one by one, with limits on what they unpack to.
struct ZipArchive {
    struct Damaged: Error {}
    struct TooLarge: Error {}

    private struct Entry {
        var offset: Int
        var packed: Int
        var size: Int
        var isDeflated: Bool
    }

    private static let mostEntries = 10_000
    /// The maximum size of the archive's directory, in bytes.
    private static let mostDirectory = 4 << 20
    private let file: FileDescriptor
    private let entries: [String: Entry]

    /// The names of the entries.
    var names: [String] { self.entries.keys.sorted() }

    /// - Parameter file: Stays open as long as the archive is used.
    /// - Throws: ``Damaged`` if it's no archive, ``TooLarge``, or an error of the file system.
    init(_ file: FileDescriptor) throws {
        self.file = file
        let size = Int(try file.seek(offset: 0, from: .end))
        // The end of the directory is followed by a comment of up to 64 KB.
        let tail = try Self.bytes(file, from: max(size - 65_557, 0), count: min(size, 65_557))
        guard let end = tail.indices.dropLast(21).last(where: { Self.isMark("PK\u{5}\u{6}", in: tail, at: $0) }) else {
            throw Damaged()
        }
        let count = Self.number(tail, end + 10, 2)
        let length = Self.number(tail, end + 12, 4)
        let start = Self.number(tail, end + 16, 4)
        guard count <= Self.mostEntries, length <= Self.mostDirectory else { throw TooLarge() }
        guard start + length <= size else { throw Damaged() }
        let directory = try Self.bytes(file, from: start, count: length)
        var entries: [String: Entry] = [:]
        var place = 0
        for _ in 0..<count {
            guard Self.isMark("PK\u{1}\u{2}", in: directory, at: place), place + 46 <= directory.count else {
                throw Damaged()
            }
            let (name, extra, comment) = (
                Self.number(directory, place + 28, 2), Self.number(directory, place + 30, 2),
                Self.number(directory, place + 32, 2)
            )
            guard place + 46 + name <= directory.count else { throw Damaged() }
            let isPlain = Self.number(directory, place + 8, 2) & 1 == 0
            let method = Self.number(directory, place + 10, 2)
            if isPlain, method == 0 || method == 8 {
                let text = String(decoding: directory[(place + 46)..<(place + 46 + name)], as: UTF8.self)
                entries[text] = Entry(
                    offset: Self.number(directory, place + 42, 4), packed: Self.number(directory, place + 20, 4),
                    size: Self.number(directory, place + 24, 4), isDeflated: method == 8)
            }
            place += 46 + name + extra + comment
        }
        self.entries = entries
    }

    /// Returns the content of an entry; `nil` if there is none.
    /// - Parameter most: The maximum size. What the archive says of the size is not believed.
    func content(of name: String, most: Int) throws -> [UInt8]? {
        guard let entry = self.entries[name] else { return nil }
        guard entry.size <= most, entry.packed <= most else { throw TooLarge() }
        let head = try Self.bytes(self.file, from: entry.offset, count: 30)
        guard head.count == 30, Self.isMark("PK\u{3}\u{4}", in: head, at: 0) else { throw Damaged() }
        let start = entry.offset + 30 + Self.number(head, 26, 2) + Self.number(head, 28, 2)
        let packed = try Self.bytes(self.file, from: start, count: entry.packed)
        guard packed.count == entry.packed else { throw Damaged() }
        return entry.isDeflated ? try Self.inflate(packed, size: entry.size) : packed
    }

    /// Unpacks no more than the size that was promised: what has more is damaged.
    private static func inflate(_ packed: [UInt8], size: Int) throws -> [UInt8] {
        var packed = packed
        var stream = z_stream()
        // Negative: without a header.
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Damaged()
        }
        defer { inflateEnd(&stream) }
        let content = [UInt8](unsafeUninitializedCapacity: size + 1) { target, count in
            packed.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(size + 1)
                count = CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        guard content.count == size else { throw Damaged() }
        return content
    }

    private static func bytes(_ file: FileDescriptor, from offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var read = 0
        while read < count {
            let more = try bytes.withUnsafeMutableBytes {
                try file.read(fromAbsoluteOffset: Int64(offset + read), into: .init(rebasing: $0[read...]))
            }
            if more == 0 { break }
            read += more
        }
        return Array(bytes.prefix(read))
    }

    private static func isMark(_ mark: String, in bytes: [UInt8], at place: Int) -> Bool {
        bytes[min(place, bytes.count)...].starts(with: mark.utf8)
    }

    /// A number with the lowest byte first; 0 beyond the end.
    private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
        guard place >= 0, place + count <= bytes.count else { return 0 }
        return bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
