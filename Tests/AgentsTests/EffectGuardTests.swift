import BrowserAutomation
import FoundationEssentials
import Testing

@testable import Agents

@Suite("Effect guard")
struct EffectGuardTests {
    private let guarding = EffectGuard(secrets: SecretStore(), policy: ApprovalPolicy(), allowances: TaskAllowances())

    /// Judges a request that the page at `/old` makes, while the tab shows a document.
    private func judge(_ path: String, document: String) -> RequestVerdict {
        self.guarding.judge(
            PageRequest(
                method: "POST", url: "https://shop.example\(path)", body: Data("1".utf8),
                referrer: "https://shop.example/old", document: document))
    }

    private func leaving(_ body: () async throws -> Void) async throws {
        let moment = EffectRules.Moment(address: "https://shop.example/old", host: "shop.example", opens: true)
        try await self.guarding.during(moment, document: "old", permit: .init(), body)
    }

    @Test("what a page keeps sending on its own stays background traffic while the next page takes its place")
    func unload() async throws {
        #expect(self.judge("/alive", document: "old") == .pass)
        try await self.leaving {
            #expect(self.judge("/alive", document: "old") == .pass)
            #expect(self.judge("/alive", document: "new") == .pass)
        }
        #expect(self.judge("/alive", document: "new") == .pass)
        #expect(!self.guarding.hasStopped)
    }

    @Test("what a page sends for the first time while the next page takes its place is an effect")
    func farewell() async throws {
        #expect(self.judge("/alive", document: "old") == .pass)
        try await self.leaving { #expect(self.judge("/order", document: "new") == .stop) }
        #expect(self.guarding.takeStopped().map(\.path) == ["/order"])
    }
}
