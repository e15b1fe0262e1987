import NIOCore

/// Runs the server's own tasks on its event loop.
///
/// Swift's global executor belongs to the agent. With its threads all blocked or busy, tasks there do not run;
/// accepting connections and answering pings must not depend on them.
final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
