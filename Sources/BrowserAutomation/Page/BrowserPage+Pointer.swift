import AgentEvents
import Waiting

extension BrowserPage {
    /// The answer of an injected function that prepares an action.
    struct Preparation: Decodable {
        /// Why the reference is stale. The action fails.
        var gone: String?
        /// Why the element is not ready yet. The action is retried.
        var retry: String?
        /// Whether another element covers this one. A cover seldom disappears, so the retries end early to inform the
        /// agent.
        var isCovered: Bool?
        /// The point at which something covers the element, in the main frame's coordinates.
        var hoverX: Double?
        var hoverY: Double?
        /// Why the action can never succeed, such as a wrong kind of element or value. The action fails.
        var wrong: String?
        var label: String?
        var x: Double?
        var y: Double?
        var done: Bool?
        var value: String?
        var isSecret: Bool?
        var checked: Bool?
        /// Whether the field only receives keys for an editor, which draws its text elsewhere.
        var isProxy: Bool?
        /// Whether the control is a custom one of the page, which must be operated with the pointer.
        var isCustom: Bool?
        /// The reference of an option, or of what to take hold of.
        var option: String?
        /// The state of the page.
        var place: PageInfo?
    }

    private struct PointerOutcome: Decodable {
        var hit: Bool
        var blocked: String?
        var checked: Bool?
        var isDownload: Bool?
    }

    /// The pauses between attempts, which are the same as Playwright's.
    private static let pauses: [Duration] = [0, 20, 100, 100, 500].map { .milliseconds($0) }

    /// The number of attempts for a press that does not reach its frame. They give the browser over two seconds to draw
    /// it.
    private static let frameAttempts = 7

    /// Checks that the agent has a current snapshot.
    /// - Throws: ``BrowserError`` with code `staleReference` if a user has changed the page since the last snapshot.
    func checkLooked() throws {
        guard self.state.withLock({ $0.input.needsLook }) else { return }
        throw BrowserError(.staleReference, "A person has worked on the page since the last snapshot. Take a new one.")
    }

    /// Repeats an attempt until it succeeds, fails permanently, or times out.
    func attempt(_ body: (_ attempt: Int) async throws -> Preparation) async throws -> Preparation {
        try self.checkLooked()
        let started = ContinuousClock.now
        var attempt = 0
        while true {
            let preparation = try await body(attempt)
            if let gone = preparation.gone {
                throw BrowserError(.staleReference, "\(gone). Take a new snapshot and use its references.")
            }
            if let wrong = preparation.wrong { throw BrowserError(.invalidValue, "\(wrong).") }
            guard let reason = preparation.retry else { return preparation }
            let pause = Self.pauses[min(attempt, Self.pauses.count - 1)]
            attempt += 1
            let timeout =
                preparation.isCovered == true ? self.configuration.coverTimeout : self.configuration.actionTimeout
            guard ContinuousClock.now + pause < started + timeout else {
                throw BrowserError(.notActionable, "\(reason) (\(attempt) attempts in \(timeout)).")
            }
            try await Task.sleep(for: pause)
        }
    }

    // MARK: Clicks

    /// Clicks an element once it is visible, stable, enabled and uncovered.
    ///
    /// If something moves over the element at the last moment, the click is stopped before the page receives it, and is
    /// retried.
    /// - Parameter reference: The reference of the element in the latest snapshot, such as `e5`.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `staleReference` or `notActionable`.
    public func click(_ reference: String) async throws -> ActionReport {
        try await self.asAgent { try await self.click(reference, .single) }
    }

    /// Clicks an element twice, or with the right mouse button.
    /// - Parameters:
    ///   - reference: The reference of the element in the latest snapshot, such as `e5`.
    ///   - kind: How to click.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func click(_ reference: String, _ kind: ClickKind) async throws -> ActionReport {
        try await self.asAgent { try await self.click(reference, kind, at: nil) }
    }

    /// - Parameter offset: The point to click, from the element's upper left corner; any open point if `nil`.
    func click(_ reference: String, _ kind: ClickKind, at offset: (x: Double, y: Double)?) async throws -> ActionReport
    {
        let element = try ElementReference(reference)
        let before = self.beginAction()
        let (label, outcome) = try await self.press(element, kind, at: offset)
        do {
            try await self.settle(after: before)
            if outcome?.isDownload == true { try await self.waitForDownload() }
        } catch let error as BrowserError where self.isClosing(error) {
            // The report says so.
        }
        var report = try await self.report("\(kind.summary) \(label)")
        if let checked = outcome?.checked { report.summary += checked ? ", now checked" : ", now not checked" }
        return report
    }

    /// Clicks an element with the mouse; the outcome is `nil` if the click has replaced the document.
    private func press(
        _ element: ElementReference, _ kind: ClickKind = .single, at offset: (x: Double, y: Double)? = nil
    ) async throws -> (label: String, PointerOutcome?) {
        var outcome: PointerOutcome?
        let prepared = try await self.attempt { attempt in
            let preparation = try await self.point(element, attempt: attempt, options: Self.options(at: offset))
            guard let x = preparation.x, let y = preparation.y else {
                if attempt == 1, element.path == .main { self.moveMouse(over: preparation) }
                return preparation
            }
            do {
                try await self.pressMouse(x: x, y: y, kind)
                outcome = try await self.afterPointer(element)
            } catch let error as BrowserError where self.isClosing(error) {
                return preparation
            }
            if let outcome, !outcome.hit, outcome.blocked == nil, element.path != .main, attempt < Self.frameAttempts {
                // The browser sends the event to where it last drew the frame, and a busy machine draws late.
                return Preparation(retry: "\(preparation.label ?? element.id) was not there for the click")
            }
            if let blocked = outcome?.blocked {
                return Preparation(
                    retry:
                        "\(preparation.label ?? element.id) cannot be clicked: at the last moment \(blocked) covered it"
                )
            }
            return preparation
        }
        return (Self.label(prepared, element), outcome)
    }

    /// Clicks an element as a part of another action, without a report.
    func clickThrough(_ element: ElementReference) async throws { _ = try await self.press(element) }

    /// Moves the mouse over an element.
    /// - Parameter reference: The reference of the element in the latest snapshot, such as `e5`.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func hover(_ reference: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            _ = self.beginAction()
            let prepared = try await self.attempt { attempt in
                let preparation = try await self.point(
                    element, attempt: attempt, options: ["enabled": false, "guarded": false])
                guard let x = preparation.x, let y = preparation.y else { return preparation }
                try await self.moveMouse(x: x, y: y)
                return preparation
            }
            return try await self.report("Hovering over \(Self.label(prepared, element))")
        }
    }

    static func label(_ prepared: Preparation, _ element: ElementReference) -> String {
        element.path.prefix + (prepared.label ?? element.id)
    }

    // MARK: Action points

    /// The options of `preparePointer` for a point of an element.
    private static func options(at offset: (x: Double, y: Double)?) -> [String: JSONValue] {
        offset.map { ["at": [.number($0.x), .number($0.y)]] } ?? [:]
    }

    /// Prepares an element for a pointer action, through all the frames around it, and returns the point to act on.
    private func point(
        _ element: ElementReference, attempt: Int, options: [String: JSONValue]
    ) async throws -> Preparation {
        var preparation = try await self.call(
            "preparePointer", [.string(element.id), .integer(attempt), .object(options)], in: element.path,
            as: Preparation.self)
        let isGuarded = options["guarded"] != false
        for path in element.path.chain {
            guard let x = preparation.x, let y = preparation.y, let key = path.keys.last else { break }
            let outer = try await self.call(
                "throughForeignFrame",
                [.string(key), .number(x), .number(y), .integer(attempt), .bool(isGuarded)], in: path.parent,
                as: Preparation.self)
            let label = preparation.label
            preparation = outer
            preparation.label = label
            if let retry = outer.retry { preparation.retry = "\(label ?? element.id) cannot be reached: \(retry)" }
        }
        if preparation.x == nil, isGuarded {
            // No press follows, so there is nothing to guard.
            for path in element.path.chain { _ = try await self.call("releaseGuard", in: path, as: JSONValue.self) }
        }
        return preparation
    }

    private func afterPointer(_ element: ElementReference) async throws -> PointerOutcome? {
        do {
            var outcome = try await self.call(
                "afterPointer", [.string(element.id)], in: element.path, isRepeatable: false, as: PointerOutcome.self)
            for path in element.path.chain {
                let around = try await self.call(
                    "releaseGuard", in: path.parent, isRepeatable: false, as: PointerOutcome.self)
                outcome.blocked = outcome.blocked ?? around.blocked
            }
            return outcome
        } catch let error as BrowserError where [.documentReplaced, .staleReference].contains(error.code) {
            // The click has replaced the document, including the guard, so it reached its target.
            return nil
        }
    }

    // MARK: Mouse events

    static func mouse(_ type: String, _ x: Double, _ y: Double, _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(["type": .string(type), "x": .number(x), "y": .number(y)].merging(more) { $1 })
    }

    private func moveMouse(x: Double, y: Double) async throws {
        try await self.send("Input.dispatchMouseEvent", Self.mouse("mouseMoved", x, y))
    }

    /// Moves the mouse over what covers an element: some covers disappear as soon as the mouse moves.
    private func moveMouse(over preparation: Preparation) {
        guard let x = preparation.hoverX, let y = preparation.hoverY else { return }
        for step in [1.0, 0] { self.post("Input.dispatchMouseEvent", Self.mouse("mouseMoved", x + step, y + step)) }
    }

    private func pressMouse(x: Double, y: Double, _ kind: ClickKind) async throws {
        // Send the events together, because waiting for each answer costs a frame of 16 ms.
        self.post("Input.dispatchMouseEvent", Self.mouse("mouseMoved", x, y))
        for click in 1...kind.count {
            let button: [String: JSONValue] = ["button": .string(kind.button), "clickCount": .integer(click)]
            let pressed = button.merging(["buttons": .integer(kind.buttons)]) { $1 }
            self.post("Input.dispatchMouseEvent", Self.mouse("mousePressed", x, y, pressed))
            let release = Self.mouse("mouseReleased", x, y, button)
            if click < kind.count {
                self.post("Input.dispatchMouseEvent", release)
            } else {
                try await self.send("Input.dispatchMouseEvent", release)
            }
        }
    }

    // MARK: Dragging

    /// Drags one element onto another.
    /// - Parameters:
    ///   - reference: The reference of the element to drag, such as `e5`.
    ///   - target: The reference of the element to drop it on.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func drag(_ reference: String, to target: String) async throws -> ActionReport {
        try await self.asAgent { try await self.drag(reference, at: nil, to: target, at: nil) }
    }

    func drag(
        _ reference: String, at start: (x: Double, y: Double)?, to target: String, at end: (x: Double, y: Double)?
    ) async throws -> ActionReport {
        let source = try ElementReference(reference)
        let destination = try ElementReference(target)
        let before = self.beginAction()
        func point(_ element: ElementReference, _ offset: (x: Double, y: Double)?) async throws -> Preparation {
            let options = Self.options(at: offset).merging(["guarded": false]) { $1 }
            return try await self.attempt { try await self.point(element, attempt: $0, options: options) }
        }
        // Prepare the target first: scrolling to it may move the source, where the drag begins.
        _ = try await point(destination, end)
        let from = try await point(source, start)
        let to = try await point(destination, end)
        guard let fromX = from.x, let fromY = from.y, let toX = to.x, let toY = to.y else {
            throw BrowserError(.notActionable, "\(reference) cannot be dragged to \(target).")
        }
        try await self.drag((fromX, fromY), (toX, toY), in: source.path)
        try await self.settle(after: before)
        return try await self.report("Dragged \(Self.label(from, source)) to \(Self.label(to, destination))")
    }

    /// Drags an element by a distance. One that can be resized, such as a text area, is dragged by its corner.
    /// - Parameters:
    ///   - reference: The reference of the element to drag, such as `e5`.
    ///   - right: The distance to the right, in CSS pixels; negative is to the left.
    ///   - down: The distance downward; negative is upward.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func drag(_ reference: String, right: Double, down: Double) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            let hold = try await self.attempt { _ in
                try await self.call("holdOf", [.string(element.id)], in: element.path, as: Preparation.self)
            }
            let held = hold.option.map { ElementReference(path: element.path, id: $0) } ?? element
            let offset: (x: Double, y: Double)? = if let x = hold.x, let y = hold.y { (x, y) } else { nil }
            let options = Self.options(at: offset).merging(["guarded": false]) { $1 }
            let start = try await self.attempt { try await self.point(held, attempt: $0, options: options) }
            guard let x = start.x, let y = start.y else {
                throw BrowserError(.notActionable, "\(reference) cannot be dragged.")
            }
            try await self.drag((x, y), (x + right, y + down), in: element.path)
            try await self.settle(after: before)
            return try await self.report("Dragged \(Self.label(start, held)) by (\(Int(right)), \(Int(down)))")
        }
    }

    /// Drags with mouse events. If the page starts a native drag, the browser hands the drag data to this process,
    /// which then sends the drop events.
    private func drag(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), in path: FramePath) async throws {
        self.state.withLock { $0.input.drag = nil }
        try await self.send("Input.setInterceptDrags", ["enabled": true])
        defer { self.post("Input.setInterceptDrags", ["enabled": false]) }
        _ = try await self.call("watchDrag", in: path, as: JSONValue.self)
        try await self.moveMouse(x: from.x, y: from.y)
        let pressed: [String: JSONValue] = ["button": "left", "buttons": 1, "clickCount": 1]
        try await self.send("Input.dispatchMouseEvent", Self.mouse("mousePressed", from.x, from.y, pressed))
        do {
            let moving: [String: JSONValue] = ["button": "left", "buttons": 1]
            let steps = 8.0
            var isNative = false
            for step in 1...Int(steps) {
                let share = Double(step) / steps
                let x = from.x + (to.x - from.x) * share
                let y = from.y + (to.y - from.y) * share
                try await self.send("Input.dispatchMouseEvent", Self.mouse("mouseMoved", x, y, moving))
                guard step <= 2 else { continue }
                isNative = try await self.call("startedDrag", in: path, as: Bool.self)
                if isNative { break }
                if step == 1 { _ = try await self.call("watchDrag", in: path, as: JSONValue.self) }
            }
            if isNative, try await self.wait(until: .now + .seconds(2), for: { $0.input.drag != nil }) {
                try await self.drop(at: to)
            }
        } catch {
            self.post("Input.dispatchMouseEvent", Self.mouse("mouseReleased", to.x, to.y, pressed))
            throw error
        }
        try await self.send(
            "Input.dispatchMouseEvent", Self.mouse("mouseReleased", to.x, to.y, ["button": "left", "clickCount": 1]))
    }

    private func drop(at point: (x: Double, y: Double)) async throws {
        guard let data = self.state.withLock({ $0.input.drag.take() }) else { return }
        for type in ["dragEnter", "dragOver", "drop"] {
            try await self.send("Input.dispatchDragEvent", Self.mouse(type, point.x, point.y, ["data": data]))
        }
    }
}
