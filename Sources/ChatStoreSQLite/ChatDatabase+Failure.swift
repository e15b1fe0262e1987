import ChatStore
import GRDB

extension ChatDatabase {
    /// Converts a database error to an error for the caller.
    static func failure(_ error: any Error, _ path: String) -> any Error {
        switch error {
        case is ChatStoreError, is CancellationError: return error
        case let error as DatabaseError: return self.failure(error, path)
        default:
            // Leave out the error's own description, which quotes the chat.
            return ChatStoreError(
                .unusable,
                "The database of chats \(path) holds what this program cannot read (\(type(of: error))). "
                    + "Restore a copy of it, or move it away to start anew.")
        }
    }

    private static func failure(_ error: DatabaseError, _ path: String) -> ChatStoreError {
        let (code, remedy): (ChatStoreError.Code, String) =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
                (.unavailable, "Try again; if this stays so, end the process that keeps it locked.")
            case .SQLITE_FULL:
                (.unavailable, "Free some space on its disk.")
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
                (.unavailable, "Let this process write to the file and its folder, or name another file.")
            case .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE:
                (.unavailable, "Try again; if this stays so, look after the disk and the memory of this machine.")
            default:
                (.unusable, "Restore a copy of it, or move it away to start anew.")
            }
        return ChatStoreError(
            code,
            "The database of chats \(path) cannot be used: \(error.message ?? "no reason given") "
                + "(SQLite \(error.extendedResultCode.rawValue)). \(remedy)")
    }
}
