import FoundationEssentials
import RuntimeProtocol
import Synchronization

/// The sites that the task, a link or the person has named. What the task says may be written there; any other site, to which
/// a page has led by itself, gets the task's numbers and addresses only with a yes.
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

    /// The host of an address, which people also write without `https://`.
    private static func host(of address: String) -> String? {
        let whole = address.contains("://") ? address : "https://\(address)"
        guard let host = URL(string: whole)?.host()?.lowercased(), host.contains(".") || host == "localhost" else {
            return nil
        }
        return host.last == "." ? String(host.dropLast()) : host
    }
}
