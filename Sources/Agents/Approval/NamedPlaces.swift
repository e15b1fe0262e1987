import FoundationEssentials
import RuntimeProtocol
import Synchronization

/// The sites that the task, a link, or the user has named. Text from the task may be sent there. Any other site, to
/// which only a page has led, gets the task's numbers and email addresses only with the user's approval.
final class NamedPlaces: Sendable {
    private let hosts: Mutex<Set<String>>

    init(_ task: AutomationTask) {
        let words = task.goal.split { $0.isWhitespace || "\"'`<>(),".contains($0) }.map(String.init)
        let places = words + task.allowedDomains + [task.startURL ?? "", task.readURL ?? ""]
        self.hosts = Mutex(Set(places.compactMap(Self.host)))
    }

    func note(_ address: String) {
        guard let host = Self.host(of: address) else { return }
        self.hosts.withLock { _ = $0.insert(host) }
    }

    func holds(_ address: String) -> Bool {
        guard let host = Self.host(of: address) else { return false }
        return self.hosts.withLock { $0.contains { WebRequest.isSameSite(host, $0) } }
    }

    /// Returns the host of an address, which may lack `https://`.
    private static func host(of address: String) -> String? {
        let whole = address.contains("://") ? address : "https://\(address)"
        guard let host = URL(string: whole)?.host()?.lowercased(), host.contains(".") || host == "localhost" else {
            return nil
        }
        return host.last == "." ? String(host.dropLast()) : host
    }
}
