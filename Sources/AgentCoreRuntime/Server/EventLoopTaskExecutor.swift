import NIOCore

/// Runs the server's own tasks on its event loop.
///
/// Swift's global executor belongs to the agent. If agent code blocks or saturates all of its threads, no other tasks
/// run there, but accepting connections and answering pings must continue.
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
