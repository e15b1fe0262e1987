import FoundationEssentials
import ServerSentEvents

extension ServerSentEventParser {
    /// Returns the data of the events that a part of an answer completes. A complete document counts as one event.
    mutating func data(in part: ModelServer.Part) throws -> [String] {
        switch part {
        case .whole(let data): [String(decoding: data, as: UTF8.self)]
        case .bytes(let bytes): try self.feed(bytes).map(\.data)
        }
    }
}
