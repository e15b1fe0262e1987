import AgentLoop
import FoundationEssentials

extension Attachment {
    /// The attachment as text: its content if it is text, or a remark that it cannot be shown.
    var textForModel: String {
        guard [.csv, .html, .txt, .md].contains(self.format), let data = Data(base64Encoded: self.base64) else {
            return "(\(self.name) cannot be shown to this model. Say so where it matters.)"
        }
        return "\(self.name):\n\(String(decoding: data, as: UTF8.self))"
    }
}
