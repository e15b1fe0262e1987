import AgentEvents

extension BrowserPage {
    /// What a preparing function of our script answers.
    private struct Preparation: Decodable {
        /// The reference stands for nothing any more.
        var gone: String?
        /// Not yet: worth another attempt.
        var retry: String?
        /// What lies over an element seldom goes by itself; the agent should hear of it soon.
        var isCovered: Bool?
        /// Never: the wrong kind of element or value.
        var wrong: String?
        var label: String?
        var x: Double?
        var y: Double?
        var done: Bool?
        var value: String?
        var isSecret: Bool?
    }

    private struct PointerOutcome: Decodable {
        var hit: Bool
        var blocked: String?
        var checked: Bool?
        var url: String
        var title: String
    }

    /// The pauses between attempts, those of Playwright.
    private static let pauses: [Duration] = [0, 20, 100, 100, 500].map { .milliseconds($0) }

    /// Repeats an attempt until it succeeds, fails for good, or the action's time is over.
    private func attempt(_ body: (_ attempt: Int) async throws -> Preparation) async throws -> Preparation {
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
            let patience =
                preparation.isCovered == true ? self.configuration.coverTimeout : self.configuration.actionTimeout
            guard ContinuousClock.now + pause < started + patience else {
                throw BrowserError(.notActionable, "\(reason) (\(attempt) attempts in \(patience)).")
            }
            try await Task.sleep(for: pause)
        }
    }

    /// Clicks an element once it is visible, stable, enabled and uncovered.
    ///
    /// Should something slide over it at the last moment, the click is stopped before the page gets it, and tried
    /// again.
    /// - Throws: ``BrowserError`` with code `staleReference` or `notActionable`.
    public func click(_ reference: String) async throws -> ActionReport {
        let before = self.beginAction()
        var label = reference
        var outcome: PointerOutcome?
        _ = try await self.attempt { attempt in
            let preparation = try await self.call(
                "preparePointer", [.string(reference), .integer(attempt)], as: Preparation.self)
            guard let x = preparation.x, let y = preparation.y else { return preparation }
            label = preparation.label ?? reference
            try await self.pressMouse(x: x, y: y)
            do {
                outcome = try await self.call(
                    "afterPointer", [.string(reference)], isRepeatable: false, as: PointerOutcome.self)
            } catch let error as BrowserError where error.isLostContext {
                // The click has replaced the document, and our guard with it: it reached its target.
                outcome = nil
            }
            if let blocked = outcome?.blocked {
                return Preparation(retry: "\(label) cannot be clicked: at the last moment \(blocked) covered it")
            }
            return preparation
        }
        try await self.settle(after: before)
        var report = try await self.report("Clicked \(label)")
        if let checked = outcome?.checked { report.summary += checked ? ", now checked" : ", now not checked" }
        return report
    }

    private func pressMouse(x: Double, y: Double) async throws {
        func event(_ type: String, _ extra: [String: JSONValue]) -> JSONValue {
            .object(["type": .string(type), "x": .number(x), "y": .number(y)].merging(extra) { $1 })
        }
        let button: [String: JSONValue] = ["button": "left", "clickCount": 1]
        // Sent together: waiting for the answer to each costs a frame of 16 ms.
        self.post("Input.dispatchMouseEvent", event("mouseMoved", [:]))
        self.post("Input.dispatchMouseEvent", event("mousePressed", button.merging(["buttons": 1]) { $1 }))
        try await self.send("Input.dispatchMouseEvent", event("mouseReleased", button))
    }

    /// Replaces a field's content and reads back what it holds.
    /// - Throws: ``BrowserError`` with code `staleReference`, `notActionable` or `invalidValue`.
    public func fill(_ reference: String, with text: String) async throws -> ActionReport {
        _ = self.beginAction()
        let preparation = try await self.attempt { _ in
            try await self.call("prepareFill", [.string(reference), .string(text)], as: Preparation.self)
        }
        if preparation.done != true {
            if text.isEmpty {
                try await self.press("Delete", reportsPlace: false)
            } else {
                try await self.send("Input.insertText", ["text": .string(text)])
            }
        }
        let result = try await self.call("valueOf", [.string(reference)], as: Preparation.self)
        if let gone = result.gone {
            return try await self.report("Typed into \(reference); the field has left the page since: \(gone)")
        }
        let label = result.label ?? reference
        let value = result.value ?? ""
        guard value == text else {
            let shown = result.isSecret == true ? "something else" : "'\(value)'"
            return try await self.report("Typed into \(label), but it now holds \(shown)")
        }
        return try await self.report("Filled \(label)")
    }

    /// Chooses an option of a native list, by its label or value.
    /// - Throws: ``BrowserError`` with code `staleReference`, `notActionable` or `invalidValue`.
    public func select(_ reference: String, option: String) async throws -> ActionReport {
        let before = self.beginAction()
        let result = try await self.attempt { _ in
            try await self.call(
                "select", [.string(reference), .string(option)], isRepeatable: false, as: Preparation.self)
        }
        try await self.settle(after: before)
        return try await self.report("Chose \"\(result.value ?? option)\" in \(result.label ?? reference)")
    }

    /// Scrolls the window, or the box around an element, by pages; negative is up.
    public func scroll(pages: Double, at reference: String? = nil) async throws -> ActionReport {
        struct Scrolled: Decodable {
            var gone: String?
            var moved: Int?
            var top: Int?
            var height: Int?
        }
        let result = try await self.call(
            "scroll", [reference.map { .string($0) } ?? .null, .number(pages)], as: Scrolled.self)
        if let gone = result.gone { throw BrowserError(.staleReference, "\(gone). Take a new snapshot.") }
        let moved = result.moved ?? 0
        return try await self.report(
            moved == 0
                ? "Nothing moved: this is the \(pages < 0 ? "top" : "end")"
                : "Scrolled by \(moved) to \(result.top ?? 0) of \(result.height ?? 0) pixels")
    }

    /// Waits until a text is on the page, in any frame of its origin.
    /// - Throws: ``BrowserError`` with code `timedOut`.
    public func waitForText(_ text: String, timeout: Duration) async throws -> ActionReport {
        let deadline = ContinuousClock.now + timeout
        while try await !self.call("hasText", [.string(text)], as: Bool.self) {
            guard ContinuousClock.now < deadline else {
                throw BrowserError(.timedOut, "\"\(text)\" did not appear within \(timeout). Look at the page again.")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try await self.report("\"\(text)\" is on the page")
    }
}
