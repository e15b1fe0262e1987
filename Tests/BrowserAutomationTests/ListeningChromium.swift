import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import WebSocketClient

@testable import BrowserAutomation

/// A Chromium that listens on a port and doesn't use the filtering proxy, like a remote browser. Its connection can be
/// lost and reestablished.
struct ListeningChromium: BrowserSource {
    func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
        let profile = "\(FileManager.default.temporaryDirectory.path)/listening-\(UUID())"
        let executable = try ChromiumExecutable.find(
            configured: nil, searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        var arguments = [
            "--remote-debugging-port=0", "--user-data-dir=\(profile)", "--headless=new", "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage", "--disable-background-networking", "--window-size=1280,900",
        ]
        try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
        if getuid() == 0 { arguments.append("--no-sandbox") }
        let process = Task { [arguments] in
            var options = PlatformOptions()
            options.processGroupID = 0
            options.teardownSequence = [
                .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
            ]
            _ = try? await Subprocess.run(
                .path(FilePath(executable)), arguments: Arguments(arguments + ["about:blank"]),
                environment: .inherit.updating(["TMPDIR": profile]), platformOptions: options, input: .none,
                output: .discarded, error: .discarded)
            try? FileManager.default.removeItem(atPath: profile)
        }
        let read = { @Sendable in
            let text = try? String(contentsOfFile: "\(profile)/DevToolsActivePort", encoding: .utf8)
            return text?.split(separator: "\n").map(String.init) ?? []
        }
        try await eventually { read().count >= 2 }
        let url = "ws://127.0.0.1:\(read().joined())"
        return BrowserEndpoint {
            try await WebSocketClient().connect(to: url)
        } stop: {
            process.cancel()
            await process.value
            return true
        }
    }
}
