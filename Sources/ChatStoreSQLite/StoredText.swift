import FoundationEssentials
import GRDB

/// A text column's value: text, or a blob if it contains a NUL, where GRDB would cut off the text.
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
