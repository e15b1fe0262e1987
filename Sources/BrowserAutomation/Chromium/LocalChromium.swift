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

/// A Chromium process that we started, with a profile of its own that is removed with it. It speaks over its pipes and listens on
/// no port, so that no other program can use it, and ends with this process.
final class LocalChromium: Sendable {
    /// Where its profile lies while it runs.
    let profile: String
    private let pipe: Mutex<CDPPipe?>
    private let process: Task<Void, Never>

    private init(pipe: CDPPipe, profile: String, process: Task<Void, Never>) {
        self.pipe = Mutex(pipe)
        self.profile = profile
        self.process = process
    }

    /// The way to speak to it; there is one, and with it the browser ends.
    /// - Throws: ``BrowserError`` with code `browserGone`.
    func takePipe() throws -> CDPPipe {
        guard let pipe = self.pipe.withLock({ $0.take() }) else {
            throw BrowserError(.browserGone, "A local browser ends with its connection.")
        }
        return pipe
    }

    /// Where its downloads go; removed with the profile.
    var downloadDirectory: String { "\(self.profile)/downloads" }

    /// Starts Chromium and waits until it can be spoken to.
    /// - Parameter proxyPort: The proxy on loopback that everything goes through; `nil` for none.
    /// - Throws: ``BrowserError`` with code `cannotStart`, with what Chromium wrote to its error output.
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

    /// Ends the process and removes its profile; returns when both are gone.
    func stop() async {
        await self.pipe.withLock { $0.take() }?.close()
        self.process.cancel()
        await self.process.value
    }

    private typealias Ends = (input: FileDescriptor, output: FileDescriptor)

    /// Two pipes between it and us. No other child gets their ends: each is given its standard descriptors only.
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

    /// Chromium wants its pipes at the descriptors 3 and 4, and a child gets none but its standard ones.
    private static let throughStandardDescriptors = #"exec "$0" "$@" 3<&0 4>&1 </dev/null 1>&2"#

    private static func run(
        _ executable: String, _ arguments: [String], _ its: Ends, _ profile: ProfileDirectory
    ) async throws {
        var options = PlatformOptions()
        // A group of its own, so that Ctrl-C in a terminal reaches us and not Chromium.
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

    /// Only the variables that Chromium needs: ours may hold credentials, and its processes run untrusted code.
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
        // What it would leave among everybody's temporary files goes with its profile.
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
            // Kept pages would hold on to memory, and start again where a task left them.
            "--disable-back-forward-cache", "--disable-field-trial-config", "--disable-ipc-flooding-protection",
            // Among them what holds up the first picture of a page, and what tries https where http was asked for.
            "--disable-features=PaintHolding,HttpsUpgrades,Translate,MediaRouter,OptimizationHints,"
                + "InterestFeedContentSuggestions,LensOverlay,AcceptCHFrame,DestroyProfileOnBrowserClose,RenderDocument",
            "--metrics-recording-only", "--password-store=basic", "--use-mock-keychain", "--mute-audio",
            "--force-color-profile=srgb",
            "--window-size=\(configuration.viewport.width),\(configuration.viewport.height)",
        ]
        if let proxyPort {
            arguments += [
                // Also what Chromium would reach directly by default: this machine, and peers over UDP.
                "--proxy-server=http://127.0.0.1:\(proxyPort)", "--proxy-bypass-list=<-loopback>",
                "--webrtc-ip-handling-policy=disable_non_proxied_udp",
                // The headless shell's name for the same switch.
                "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                // No name is looked up by Chromium itself.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--dns-over-https-mode=off",
            ]
        }
        if configuration.isHeadless { arguments += ["--headless=new", "--hide-scrollbars", "--disable-gpu"] }
        if getuid() == 0 {
            // Chromium's sandbox does not work for root, and without it pages are less contained.
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
