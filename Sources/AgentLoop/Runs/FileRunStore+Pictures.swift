public import AgentEvents
import DurableFile
public import FoundationEssentials
import TextCoding

/// Pictures are stored next to the record, in `pictures/`. The functions are `async` like those of the protocol;
/// otherwise callers would get the protocol's default implementations, which store nothing.
extension FileRunStore {
    private static let mostPictures = 200

    public func keepPicture(_ jpeg: Data, named name: String, of session: SessionID) async {
        let directory = "\(self.directory(session))/pictures"
        let file = "\(PlainName.of(name)).jpg"
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try DurableFile.replace("\(directory)/\(file)", with: jpeg, isSynced: false)
            try Self.removeOldest(in: directory, but: file)
        } catch {
            // Pictures are only for viewing the run later; the run does not need them.
        }
    }

    public func picture(named name: String, of session: SessionID) async -> Data? {
        // A missing file means that the picture was not stored.
        try? Data(contentsOf: URL(filePath: "\(self.directory(session))/pictures/\(PlainName.of(name)).jpg"))
    }

    private static func removeOldest(in directory: String, but newest: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        guard names.count > Self.mostPictures else { return }
        let others = try names.filter { $0 != newest }.map { name in
            let date = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.modificationDate]
            return (name: name, date: date as? Date ?? .distantPast)
        }
        for old in others.sorted(by: { $0.date < $1.date }).prefix(names.count - Self.mostPictures) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(old.name)")
        }
    }
}
