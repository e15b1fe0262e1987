import FoundationEssentials

/// The official domains of services, as listed in the playbooks.
struct OfficialDomains: Sendable {
    private let domains: [String]

    init(_ library: PlaybookLibrary) { self.domains = library.playbooks.flatMap(\.officialDomains) }

    /// Returns why an address must not be trusted as a service's own: its host contains the service's name but is not
    /// an official domain. Returns `nil` if there is no objection.
    func objection(to address: String) -> String? {
        let text = address.contains("://") ? address : "https://\(address)"
        guard let host = URL(string: text)?.host()?.lowercased() else { return nil }
        let isOfficial = self.domains.contains { host == $0 || host.hasSuffix(".\($0)") }
        guard !isOfficial else { return nil }
        let alike = self.domains.filter { domain in
            guard let name = domain.split(separator: ".").first, name.count >= 3 else { return false }
            return host.split { !$0.isLetter && !$0.isNumber }.contains { $0.hasPrefix(name) || $0.hasSuffix(name) }
        }
        guard !alike.isEmpty else { return nil }
        return "\(host) has the name of a service and is not its official domain: \(alike.joined(separator: ", ")). "
            + "Begin there, or ask the person."
    }
}
