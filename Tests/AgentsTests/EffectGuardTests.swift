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

    @Test(
        "what identifies somebody or something counts, and what changes with each request doesn't",
        arguments: [
            ("csrfmiddlewaretoken", "abc", true), ("__VIEWSTATE", "/wEPDwUKLTI2NjY5NDYyNw9kFgIX99", true),
            ("request_id", "3f2b8a1c-77aa-4e1f-9b1d-0c1a2b3c4d5e", true),
            ("id", "3f2b8a1c-77aa-4e1f-9b1d-0c1a2b3c4d5e", true),
            ("r", "0.8273645120", true), ("t", "\(Int(Date().timeIntervalSince1970 * 1000))", true),
            ("recipient_iban", "GB29NWBK60161331926819", false), ("note", "GB29NWBK60161331926819", false),
            ("beneficiary_id", "3f2b8a1c-77aa-4e1f-9b1d-0c1a2b3c4d5e", false), ("user", "ali_bin_abu_1999", false),
            ("cart_token", "cart17", false), ("to", "mallory_attacker1", false), ("account", "1234567890", false),
            ("hash", "3f2b8a1c77aa4e1f9b1d0c1a2b3c4d5e", false),
        ] as [(String, String, Bool)])
    func tokens(name: String, value: String, isToken: Bool) {
        #expect(RequestFields.Field(name: name, value: value).isToken == isToken)
    }
}
