import Files
import Foundation

extension LocalFileStore {
    /// A store whose directory is created only if something is kept in it.
    static func temporary() -> LocalFileStore {
        LocalFileStore(directory: "\(FileManager.default.temporaryDirectory.path)/ai4ai-files-\(UUID().uuidString)")
    }
}
