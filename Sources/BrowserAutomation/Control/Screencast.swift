import AgentEvents
public import FoundationEssentials
import Synchronization

/// A picture of the page for users who watch the browser.
public struct ScreencastFrame: Sendable, Hashable {
    /// The short name of the tab in the picture, such as `t1`.
    public var tab: String
    /// The picture, in JPEG format.
    public var jpeg: Data
    /// The width of the page's viewport, in the CSS pixels that ``UserInput`` uses.
    public var width: Double
    /// The height of the page's viewport, in the CSS pixels that ``UserInput`` uses.
    public var height: Double
}

/// The size, quality and rate of the frames that show a browser to users.
public struct ScreencastOptions: Sendable, Hashable {
    /// The maximum width of a frame, in pixels.
    public var width = 1280
    /// The maximum height of a frame, in pixels.
    public var height = 900
    /// The JPEG quality, from 1 to 100.
    public var quality = 60
    /// The maximum number of frames per second.
    public var framesPerSecond = 8
    /// The maximum size of a frame, in bytes. A larger frame is captured again at a lower quality.
    public var maximumBytes = 256 * 1024

    /// Creates the default options.
    public init() {}
}

/// Captures the current tab while there are viewers. A slow viewer gets only the newest frame.
final class Screencast: Sendable {
    private struct State {
        var viewers: [Int: AsyncStream<ScreencastFrame>.Continuation] = [:]
        var nextID = 0
        var page: BrowserPage?
        var last: ScreencastFrame?
        var quality: Int
        /// Counts the starts of capturing.
        var start = 0
        /// The number of frames since the last start, and of those that are not acknowledged yet.
        var frames = 0
        var unacknowledged = 0
        /// Whether Chromium may have left out frames because too many were not acknowledged.
        var mayLack = false
        var isClosed = false
    }

    private struct Frame: Decodable {
        struct Metadata: Decodable {
            var deviceWidth: Double
            var deviceHeight: Double
        }
        var data: String
        var metadata: Metadata
        var sessionId: Int
    }

    private let options: ScreencastOptions
    private let state: Mutex<State>

    init(options: ScreencastOptions) {
        self.options = options
        self.state = Mutex(State(quality: options.quality))
    }

    var isWatched: Bool { self.state.withLock { !$0.viewers.isEmpty } }

    /// Adds a viewer.
    /// - Parameter onLeave: Called when the viewer stops reading.
    func frames(onLeave: @escaping @Sendable () -> Void) -> AsyncStream<ScreencastFrame> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let id = self.state.withLock { state in
                state.nextID += 1
                if state.isClosed {
                    continuation.finish()
                } else {
                    state.viewers[state.nextID] = continuation
                }
                if let last = state.last { continuation.yield(last) }
                return state.nextID
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.viewers.removeValue(forKey: id) }
                onLeave()
            }
        }
    }

    /// Captures this page if there are viewers; otherwise stops capturing.
    func show(_ page: BrowserPage?) {
        // Send the commands under the lock, so that the browser receives stop and start in the right order.
        self.state.withLock { state in
            let after = state.viewers.isEmpty ? nil : page
            guard state.page !== after else { return }
            state.page?.post("Page.stopScreencast")
            state.page = after
            state.last = nil
            state.quality = self.options.quality
            if let after { self.start(after, &state) }
        }
    }

    /// How long to wait for the first frame after a start, before it is tried again.
    private static let firstFrame = Duration.seconds(2)
    private static let mostStarts = 5

    /// - Parameter attempt: How often capturing this page was started without a frame, this time included.
    private func start(_ page: BrowserPage, _ state: inout State, attempt: Int = 1) {
        state.start += 1
        state.frames = 0
        state.unacknowledged = 0
        state.mayLack = false
        page.post(
            "Page.startScreencast",
            [
                "format": "jpeg", "quality": .integer(state.quality), "maxWidth": .integer(self.options.width),
                "maxHeight": .integer(self.options.height), "everyNthFrame": 1,
            ])
        guard attempt < Self.mostStarts else { return }
        // A page that is just being replaced may lose the command, and a still page draws nothing later. The task ends
        // after the delay.
        Task { [weak self, weak page, start = state.start] in
            try? await Task.sleep(for: Self.firstFrame * attempt)
            guard let self, let page else { return }
            self.state.withLock { state in
                guard state.page === page, state.start == start, state.frames == 0 else { return }
                page.post("Page.stopScreencast")
                self.start(page, &state, attempt: attempt + 1)
            }
        }
    }

    /// Handles an event of a page: a frame, or the restoration of a cached document.
    func receive(_ event: CDPConnection.Event, from page: BrowserPage) {
        guard event.method == "Page.screencastFrame" else { return self.renew(page) }
        self.receiveFrame(event, from: page)
    }

    /// Restarts capturing. A cached document that is shown again draws nothing new, so there might be no frame of it.
    private func renew(_ page: BrowserPage) {
        self.state.withLock { state in
            guard state.page === page else { return }
            self.restart(page, &state)
        }
    }

    private func restart(_ page: BrowserPage, _ state: inout State) {
        page.post("Page.stopScreencast")
        self.start(page, &state)
    }

    /// The number of unacknowledged frames from which on Chromium may leave frames out. It does so at three, of which one
    /// may still be on its way here.
    private static let mostUnacknowledged = 2
    /// The time without a frame after which no more are expected.
    private static let quiet = Duration.milliseconds(500)

    /// Handles a `Page.screencastFrame` event. Chromium sends few frames beyond those that are acknowledged, so
    /// delaying the acknowledgment limits the frame rate.
    private func receiveFrame(_ event: CDPConnection.Event, from page: BrowserPage) {
        guard let frame = try? event.parameters(Frame.self) else { return }
        let (start, number) = self.state.withLock { state in
            if state.page === page {
                state.frames += 1
                state.unacknowledged += 1
                if state.unacknowledged >= Self.mostUnacknowledged { state.mayLack = true }
            }
            return (state.start, state.frames)
        }
        // The task ends after the delays.
        Task { [options] in
            try? await Task.sleep(for: .seconds(1) / max(options.framesPerSecond, 1))
            self.acknowledge(frame, of: page, since: start)
            try? await Task.sleep(for: Self.quiet)
            self.fill(page, after: number, since: start)
        }
        guard let data = Data(base64Encoded: frame.data) else { return }
        let shown = ScreencastFrame(
            tab: page.id, jpeg: data, width: frame.metadata.deviceWidth, height: frame.metadata.deviceHeight)
        let isTooLarge = data.count > self.options.maximumBytes
        let viewers = self.state.withLock { state -> [AsyncStream<ScreencastFrame>.Continuation] in
            guard state.page === page else { return [] }
            guard !isTooLarge else {
                guard state.quality > 10 else { return [] }
                state.quality = max(10, state.quality - 20)
                self.restart(page, &state)
                return []
            }
            state.last = shown
            return Array(state.viewers.values)
        }
        for viewer in viewers { viewer.yield(shown) }
    }

    private func acknowledge(_ frame: Frame, of page: BrowserPage, since start: Int) {
        page.post("Page.screencastFrameAck", ["sessionId": .integer(frame.sessionId)])
        self.state.withLock { state in
            guard state.page === page, state.start == start else { return }
            state.unacknowledged = max(state.unacknowledged - 1, 0)
        }
    }

    /// Starts capturing again if no frame has followed, and some may have been left out: one of them may have been the
    /// page's last change, which nothing would show any more.
    private func fill(_ page: BrowserPage, after number: Int, since start: Int) {
        self.state.withLock { state in
            guard state.page === page, state.start == start, state.frames == number, state.mayLack else { return }
            self.restart(page, &state)
        }
    }

    /// Ends the streams of all viewers.
    func close() {
        let viewers = self.state.withLock { state in
            defer { state.viewers = [:] }
            state.page = nil
            state.isClosed = true
            return state.viewers.values
        }
        for viewer in viewers { viewer.finish() }
    }
}
