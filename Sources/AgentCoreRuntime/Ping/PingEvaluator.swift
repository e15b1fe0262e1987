import Logging
import ServiceLifecycle

/// Evaluates a custom ping handler in the background, so that a slow handler doesn't delay pings. Each ping requests a
/// new evaluation and is answered with the latest result.
struct PingEvaluator: Service {
    typealias Handler = @Sendable () async throws -> PingStatus

    private enum Event {
        case asked
        case late
        case finished(Result<PingStatus, any Error>)
    }

    private let handler: Handler
    private let deadline: Duration
    private let tracker: ActivityTracker
    private let logger: Logger
    private let events: AsyncStream<Event>
    private let report: AsyncStream<Event>.Continuation

    init(handler: @escaping Handler, deadline: Duration, tracker: ActivityTracker, logger: Logger) {
        self.handler = handler
        self.deadline = deadline
        self.tracker = tracker
        self.logger = logger
        (self.events, self.report) = AsyncStream.makeStream()
        self.report.yield(.asked)
    }

    /// Requests an evaluation, unless one is running. Returns immediately.
    func request() { self.report.yield(.asked) }

    func run() async {
        // Unstructured tasks, because a handler that ignores cancellation must not prevent the process from stopping.
        var work: Task<Void, Never>?
        var timer: Task<Void, Never>?
        var lastFailure: String?
        func fallBack(_ reason: String) {
            self.tracker.setCustom(nil)
            // Log each reason once, because pings arrive every two seconds.
            guard lastFailure != reason else { return }
            lastFailure = reason
            self.logger.warning(
                "The ping handler failed; the automatic status is used", metadata: ["reason": "\(reason)"])
        }
        for await event in self.events.cancelOnGracefulShutdown() {
            switch event {
            case .asked where work == nil:
                work = self.evaluate()
                timer = self.startTimer()
            case .asked: break
            case .late:
                work?.cancel()
                fallBack("took longer than \(self.deadline)")
            case .finished(let result):
                timer?.cancel()
                work = nil
                switch result {
                case .success(let status):
                    lastFailure = nil
                    self.tracker.setCustom(status)
                case .failure(let error): fallBack("\(error)")
                }
            }
        }
        work?.cancel()
        timer?.cancel()
    }

    private func evaluate() -> Task<Void, Never> {
        Task(executorPreference: globalConcurrentExecutor) { [handler, report] in
            do {
                let status = try await handler()
                report.yield(.finished(.success(status)))
            } catch {
                report.yield(.finished(.failure(error)))
            }
        }
    }

    private func startTimer() -> Task<Void, Never> {
        Task { [deadline, report] in
            // The sleep throws if the handler finished in time and canceled the timer.
            guard (try? await Task.sleep(for: deadline)) != nil else { return }
            report.yield(.late)
        }
    }
}
