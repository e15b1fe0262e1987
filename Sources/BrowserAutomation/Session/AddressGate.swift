/// Applies an ``AddressPolicy`` to requests, looking up names where it must.
///
/// Between this look-up and Chromium's own a name may change its meaning (DNS rebinding); what a name stood for
/// when it was asked is all that can be judged here.
struct AddressGate: Sendable {
    let policy: AddressPolicy
    private let resolver = HostResolver()

    init(policy: AddressPolicy) { self.policy = policy }

    /// Why an address may not be reached; `nil` where it may.
    func refusal(of address: String, isDocument: Bool = true) async -> String? {
        switch self.policy.verdict(on: address, isDocument: isDocument) {
        case .allowed: return nil
        case .refused(let reason): return reason
        case .dependsOn(let host):
            let addresses = await self.resolver.addresses(of: host)
            if addresses.isEmpty { return "The name \(host) cannot be found. Check the spelling." }
            return addresses.allSatisfy(\.isPublic) ? nil : AddressPolicy.explain(host)
        }
    }
}
