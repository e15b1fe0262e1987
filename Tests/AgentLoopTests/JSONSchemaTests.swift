import AgentEvents
import Logging
import Models
import Synchronization
import TestSupport
import Testing

@testable import AgentLoop

@Suite("Tool schemas")
struct JSONSchemaTests {
    private struct Dated: ToolInput {
        static let descriptions: [String: String] = [:]
        var name: String
        var size: UInt8
    }

    @Test("a property of an unsupported type is a programming error and isn't left out")
    func unsupported() async {
        await #expect(processExitsWith: .failure) {
            _ = Tool("pack", "Packs.", risk: .read) { (input: Dated, _) in
                input.name
            }
        }
    }
}
