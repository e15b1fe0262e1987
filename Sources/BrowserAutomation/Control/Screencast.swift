import AgentEvents
public import FoundationEssentials
import Synchronization

/// A picture of the page for people who watch.
public struct ScreencastFrame: Sendable, Hashable {
    /// The tab that it shows.
    public var tab: String
    /// A JPEG picture.
    public var jpeg: Data
    /// The size of the page's window, in the CSS pixels that ``UserInput`` takes.
    public var width: Double
    public var height: Double
}

/// How a browser is shown to people.
public struct ScreencastOptions: Sendable, Hashable {
    /// The largest picture, in pixels.
    public var width = 1280
    public var height = 900
    /// 1 to 100.
    public var quality = 60
    /// The most pictures in a second.
    public var framesPerSecond = 8
    /// Larger pictures are taken again with less quality.
    public var maximumBytes = 256 * 1024

    public init() {}
}

/// Shows the current tab to whoever watches, and only then; the newest picture wins.
final class Screencast: Sendable {
    private struct State {
        var viewers: [Int: AsyncStream<ScreencastFrame>.Continuation] = [:]
        var nextID = 0
        var page: BrowserPage?
        var last: ScreencastFrame?
        var quality: Int
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
    /// - Parameter onLeave: Called when the viewer has gone.
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

    /// Shows this page, where anybody watches; no page where none is there.
    func show(_ page: BrowserPage?) {
        // Told under the lock, so that the browser hears of a stop and a start in their order.
        self.state.withLock { state in
            let after = state.viewers.isEmpty ? nil : page
            guard state.page !== after else { return }
            state.page?.post("Page.stopScreencast")
            state.page = after
            state.last = nil
            state.quality = self.options.quality
            if let after { self.start(after, quality: state.quality) }
        }
    }

    private func start(_ page: BrowserPage, quality: Int) {
        page.post(
            "Page.startScreencast",
            [
                "format": "jpeg", "quality": .integer(quality), "maxWidth": .integer(self.options.width),
                "maxHeight": .integer(self.options.height), "everyNthFrame": 1,
            ])
    }

    /// Takes an event of a page that may be shown.
    func receive(_ event: CDPConnection.Event, from page: BrowserPage) {
        guard event.method == "Page.screencastFrame" else { return self.renew(page) }
        self.receiveFrame(event, from: page)
    }

    /// Begins again. A document that was kept and is shown again draws nothing new, so that there may be no picture of it.
    private func renew(_ page: BrowserPage) {
        self.state.withLock { state in
            guard state.page === page else { return }
            page.post("Page.stopScreencast")
            self.start(page, quality: state.quality)
        }
    }

    /// Takes a `Page.screencastFrame` event. Chromium waits for the answer before it sends much more, so a late
    /// answer is what bounds the rate.
    private func receiveFrame(_ event: CDPConnection.Event, from page: BrowserPage) {
        guard let frame = try? event.parameters(Frame.self) else { return }
        // Ends with the pause.
        Task { [options] in
            try? await Task.sleep(for: .seconds(1) / max(options.framesPerSecond, 1))
            page.post("Page.screencastFrameAck", ["sessionId": .integer(frame.sessionId)])
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
                page.post("Page.stopScreencast")
                self.start(page, quality: state.quality)
                return []
            }
            state.last = shown
            return Array(state.viewers.values)
        }
        for viewer in viewers { viewer.yield(shown) }
    }

    /// Ends it for all viewers.
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
