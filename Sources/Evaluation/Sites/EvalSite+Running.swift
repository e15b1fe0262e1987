import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import Subprocess
import SystemPackage

extension EvalSite {
    /// The longest time until the application answers. Some make a database first.
    private static let patience = Duration.seconds(300)

    /// Starts the application with an empty folder for its data, and stops it when the body has ended.
    /// - Throws: ``EvalError`` if the application doesn't start, or ends before the body.
    func run<Result: Sendable>(_ body: @escaping @Sendable (_ address: String) async throws -> Result) async throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ai4ai-site-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try await Self.freePort()
        let address = "http://127.0.0.1:\(port)"
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { throw try await self.serve(port, folder) }
            group.addTask {
                try await self.waitUntilReady(address)
                return try await body(address)
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// A port that was free a moment ago: few applications can say which one they have chosen themselves. It's below the
    /// ports that systems give to clients, so that none takes it before the application does.
    private static func freePort() async throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 12_000..<32_000)
            let server = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            guard let channel = try? await server.bind(host: "127.0.0.1", port: port).get() else {
                try Task.checkCancellation()
                continue
            }
            try await channel.close()
            return port
        }
        throw EvalError(.siteFailed, "127.0.0.1", "there is no free port from 12000 to 31999")
    }

    /// Runs the application until it ends or this task is cancelled.
    /// - Returns: Why it ended.
    private func serve(_ port: Int, _ folder: String) async throws -> EvalError {
        let words = self.start.map {
            $0.replacing("{port}", with: "\(port)").replacing("{folder}", with: folder).replacing(
                "{here}", with: self.here)
        }
        var options = PlatformOptions()
        // In the process group of this program, so that Ctrl-C ends both.
        options.teardownSequence = [
            .send(signal: .terminate, allowedDurationToNextStep: .seconds(5)),
            .send(signal: .kill, allowedDurationToNextStep: .zero),
        ]
        let log = "\(folder)/log"
        do {
            let output = try FileDescriptor.open(
                FilePath(log), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
            let program: Executable = words[0].contains("/") ? .path(FilePath(words[0])) : .name(words[0])
            _ = try await Subprocess.run(
                program, arguments: Arguments(Array(words.dropFirst())), environment: Self.environment(folder),
                workingDirectory: FilePath(folder), platformOptions: options, input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .fileDescriptor(output, closeAfterSpawningProcess: true))
        } catch let error as SubprocessError {
            return EvalError(.siteFailed, words[0], "the site cannot be started: \(error)")
        }
        let said = (try? Data(contentsOf: URL(filePath: log))).map { String(decoding: $0.suffix(2000), as: UTF8.self) }
        return EvalError(.siteFailed, words[0], "the site has ended: \(said ?? "")")
    }

    /// Only what programs need: the environment of this process may hold keys of models.
    private static func environment(_ folder: String) -> Environment {
        var kept: [Environment.Key: String] = ["HOME": folder, "TMPDIR": folder]
        for name in ["PATH", "LANG", "TZ"] {
            guard let key = Environment.Key(rawValue: name) else { continue }
            kept[key] = ProcessInfo.processInfo.environment[name]
        }
        return .custom(kept)
    }

    private func waitUntilReady(_ address: String) async throws {
        let end = ContinuousClock.now + Self.patience
        while (try? await Self.page(address + self.ready)) == nil {
            guard ContinuousClock.now < end else {
                throw EvalError(.siteFailed, self.start[0], "\(self.ready) doesn't answer after \(Self.patience)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The text at an address.
    /// - Throws: ``EvalError`` without success.
    static func page(_ address: String) async throws -> String {
        let response = try await OutboundHTTP.client.execute(HTTPClientRequest(url: address), timeout: .seconds(30))
        guard (200..<300).contains(response.status.code) else {
            throw EvalError(.siteFailed, address, "the site has answered \(response.status)")
        }
        return String(buffer: try await response.body.collect(upTo: 10 << 20))
    }
}
