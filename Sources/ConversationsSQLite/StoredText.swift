import FoundationEssentials
import GRDB

/// A text as a column holds it: as text, or as its bytes where it has a NUL, at which GRDB ends a text.
struct StoredText: Hashable, Codable, DatabaseValueConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var databaseValue: DatabaseValue {
        self.text.utf8.contains(0) ? Data(self.text.utf8).databaseValue : self.text.databaseValue
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredText? {
        switch value.storage {
        case .string(let text): StoredText(text)
        case .blob(let bytes): String(validating: bytes, as: UTF8.self).map(StoredText.init)
        default: nil
        }
    }
}
