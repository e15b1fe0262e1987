import FoundationEssentials
import Logging
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A Chromium process that this process started, with a temporary profile that is removed when Chromium stops.
///
/// Chromium communicates over its pipes and listens on no port, so no other program can connect to it. It exits when
/// this process does.
final class LocalChromium: Sendable {
    /// The path of the profile directory while Chromium runs.
    let profile: String
    private let pipe: Mutex<CDPPipe?>
    private let process: Task<Void, Never>

    private init(pipe: CDPPipe, profile: String, process: Task<Void, Never>) {
        self.pipe = Mutex(pipe)
        self.profile = profile
        self.process = process
    }

    /// Takes the pipe to Chromium. There is only one, and Chromium exits when it closes.
    /// - Throws: ``BrowserError`` with code `browserGone` if the pipe was already taken.
    func takePipe() throws -> CDPPipe {
        guard let pipe = self.pipe.withLock({ $0.take() }) else {
            throw BrowserError(.browserGone, "A local browser ends with its connection.")
        }
        return pipe
    }

    /// The directory for downloads, which is removed with the profile.
    var downloadDirectory: String { "\(self.profile)/downloads" }

    /// Starts Chromium and waits until it answers commands.
    /// - Parameter proxyPort: The port of the loopback proxy for all traffic; `nil` for no proxy.
    /// - Throws: ``BrowserError`` with code `cannotStart`, whose message includes Chromium's error output.
    static func launch(
        _ configuration: BrowserConfiguration, proxyPort: Int? = nil, logger: Logger
    ) async throws -> LocalChromium {
        ProfileDirectory.reapAbandoned()
        let environment = ProcessInfo.processInfo.environment
        let executable = try ChromiumExecutable.find(
            configured: configuration.chromium, searchPath: environment["PATH"] ?? "/usr/bin:/bin")
        let profile = try ProfileDirectory.create()
        let its: Ends
        let ours: Ends
        do {
            (its, ours) = try self.pipes()
        } catch {
            await profile.remove()
            throw error
        }
        let process = Task {
            do {
                try await self.run(
                    executable, self.arguments(configuration, profile, proxyPort, logger), its, profile)
            } catch {
                logger.warning("Chromium could not be run", metadata: ["error": "\(error)"])
            }
            await profile.remove()
        }
        do {
            let pipe = try await CDPPipe.open(input: ours.input, output: ours.output)
            try await pipe.greet(within: configuration.startTimeout)
            return LocalChromium(pipe: pipe, profile: profile.path, process: process)
        } catch {
            let output = (try? String(contentsOfFile: profile.errorLog, encoding: .utf8))?.suffix(600) ?? ""
            process.cancel()
            await process.value
            throw BrowserError(.cannotStart, "\(executable) did not start: \(error) \(output)")
        }
    }

    /// Stops Chromium and removes its profile; returns when both are gone.
    func stop() async {
        await self.pipe.withLock { $0.take() }?.close()
        self.process.cancel()
        await self.process.value
    }

    private typealias Ends = (input: FileDescriptor, output: FileDescriptor)

    /// Creates the two pipes. No other child process inherits the ends, because each child gets only its standard
    /// descriptors.
    private static func pipes() throws -> (its: Ends, ours: Ends) {
        do {
            let commands = try FileDescriptor.pipe()
            do {
                let answers = try FileDescriptor.pipe()
                return ((commands.readEnd, answers.writeEnd), (answers.readEnd, commands.writeEnd))
            } catch {
                try? commands.readEnd.close()
                try? commands.writeEnd.close()
                throw error
            }
        } catch {
            throw BrowserError(.cannotStart, "No pipe to Chromium can be made: \(error)")
        }
    }

    /// A shell command that maps the pipes to descriptors 3 and 4, where Chromium expects them. `Subprocess` passes
    /// only the standard descriptors to a child.
    private static let throughStandardDescriptors = #"exec "$0" "$@" 3<&0 4>&1 </dev/null 1>&2"#

    private static func run(
        _ executable: String, _ arguments: [String], _ its: Ends, _ profile: ProfileDirectory
    ) async throws {
        var options = PlatformOptions()
        // A separate process group, so that Ctrl-C in a terminal interrupts this process and not Chromium.
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2)),
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero),
        ]
        let errors: FileDescriptor
        do {
            errors = try FileDescriptor.open(
                FilePath(profile.errorLog), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        } catch {
            try? its.input.close()
            try? its.output.close()
            throw error
        }
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", self.throughStandardDescriptors, executable] + arguments),
            environment: self.environment(profile), platformOptions: options,
            input: .fileDescriptor(its.input, closeAfterSpawningProcess: true),
            output: .fileDescriptor(its.output, closeAfterSpawningProcess: true),
            error: .fileDescriptor(errors, closeAfterSpawningProcess: true))
    }

    /// The environment for Chromium, limited to the variables that it needs. The environment of this process may hold
    /// credentials, and Chromium's processes run untrusted code.
    private static func environment(_ profile: ProfileDirectory) -> Environment {
        let known: Set = [
            "PATH", "HOME", "USER", "LOGNAME", "TZ", "LANG", "LANGUAGE", "DISPLAY", "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_DIRS", "DBUS_SESSION_BUS_ADDRESS",
            "FONTCONFIG_PATH", "FONTCONFIG_FILE", "LD_LIBRARY_PATH", "CHROME_DEVEL_SANDBOX", "SSL_CERT_FILE",
            "SSL_CERT_DIR",
        ]
        var ours: [Environment.Key: String] = [:]
        for (name, value) in ProcessInfo.processInfo.environment where known.contains(name) || name.hasPrefix("LC_") {
            if let key = Environment.Key(rawValue: name) { ours[key] = value }
        }
        // Temporary files in the profile directory are removed with it instead of staying in the shared directory.
        ours["TMPDIR"] = profile.path
        return .custom(ours)
    }

    private static let saidNoSandbox = Mutex(false)

    private static func arguments(
        _ configuration: BrowserConfiguration, _ profile: ProfileDirectory, _ proxyPort: Int?, _ logger: Logger
    ) -> [String] {
        var arguments = [
            "--remote-debugging-pipe", "--user-data-dir=\(profile.path)", "--no-first-run",
            "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
            "--disable-default-apps", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
            "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding", "--disable-hang-monitor", "--disable-popup-blocking",
            // Cached pages would use memory, and would resume where an earlier task left them.
            "--disable-back-forward-cache", "--disable-field-trial-config", "--disable-ipc-flooding-protection",
            // These include features that delay the first paint of a page, and that try https for an http address.
            "--disable-features=PaintHolding,HttpsUpgrades,Translate,MediaRouter,OptimizationHints,"
                + "InterestFeedContentSuggestions,LensOverlay,AcceptCHFrame,DestroyProfileOnBrowserClose,RenderDocument",
            // The headless shell isolates no sites by default: a frame of another site would run in the page's process,
            // where an endless script stops the page, and a compromised renderer reads it.
            "--site-per-process",
            "--metrics-recording-only", "--password-store=basic", "--use-mock-keychain", "--mute-audio",
            "--force-color-profile=srgb",
            "--window-size=\(configuration.viewport.width),\(configuration.viewport.height)",
        ]
        if let proxyPort {
            arguments += [
                // Also proxy what Chromium would reach directly by default: loopback addresses and UDP peers.
                "--proxy-server=http://127.0.0.1:\(proxyPort)", "--proxy-bypass-list=<-loopback>",
                "--webrtc-ip-handling-policy=disable_non_proxied_udp",
                // The name of the same switch in the headless shell.
                "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                // Chromium must not resolve any host name.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--dns-over-https-mode=off",
            ]
        }
        if configuration.isHeadless { arguments += ["--headless=new", "--hide-scrollbars", "--disable-gpu"] }
        if getuid() == 0 {
            // Chromium's sandbox does not work as root. Without it, pages are less isolated.
            arguments.append("--no-sandbox")
            let isFirst = self.saidNoSandbox.withLock { said in
                defer { said = true }
                return !said
            }
            if isFirst { logger.warning("Running as root: Chromium starts without its sandbox") }
        }
        return arguments + ["about:blank"]
    }
}
