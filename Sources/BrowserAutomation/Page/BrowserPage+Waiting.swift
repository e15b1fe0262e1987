import AgentEvents

extension BrowserPage {
    /// A condition to wait for.
    public enum Awaited: Sendable, Hashable {
        /// The text appears in the page, in any frame.
        case text(String)
        /// The text disappears from the page.
        case gone(String)
        /// The address of the page contains this text.
        case url(String)
    }

    /// Waits until a condition is met.
    /// - Parameters:
    ///   - awaited: The condition to wait for.
    ///   - timeout: The maximum time to wait.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `timedOut`.
    public func wait(for awaited: Awaited, timeout: Duration) async throws -> ActionReport {
        try await self.asAgent {
            let deadline = ContinuousClock.now + timeout
            while try await !self.holds(awaited) {
                guard ContinuousClock.now < deadline else {
                    throw BrowserError(
                        .timedOut, "Timed out after \(timeout) waiting for \(awaited.text). Look at the page again.")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            return try await self.report(awaited.text)
        }
    }

    private func holds(_ awaited: Awaited) async throws -> Bool {
        switch awaited {
        case .text(let text): try await self.hasText(text)
        case .gone(let text): try await !self.hasText(text)
        case .url(let part): self.url.contains(part)
        }
    }

    private func hasText(_ text: String, in path: FramePath = .main) async throws -> Bool {
        if try await self.call("hasText", [.string(text)], in: path, as: Bool.self) { return true }
        for key in try await self.call("foreignFrames", in: path, as: [String].self).prefix(Self.mostFrames) {
            do {
                if try await self.hasText(text, in: path.appending(key)) { return true }
            } catch let error as BrowserError
                where [.documentReplaced, .staleReference, .timedOut].contains(error.code)
            {
                // The frame no longer exists, or its content cannot be read.
            }
        }
        return false
    }

    /// Scrolls the viewport, or the scrollable box around an element.
    /// - Parameters:
    ///   - pages: The distance in pages; negative is up.
    ///   - reference: The reference of an element in the box to scroll, such as `e5`; `nil` for the viewport.
    /// - Returns: A report that includes the new position.
    /// - Throws: ``BrowserError`` with code `staleReference`.
    public func scroll(pages: Double, at reference: String? = nil) async throws -> ActionReport {
        struct Scrolled: Decodable {
            var gone: String?
            var moved: Int?
            var top: Int?
            var height: Int?
        }
        return try await self.asAgent {
            _ = self.beginAction()
            let element = try reference.map { try ElementReference($0) }
            let result = try await self.call(
                "scroll", [element.map { .string($0.id) } ?? .null, .number(pages)], in: element?.path ?? .main,
                as: Scrolled.self)
            if let gone = result.gone { throw BrowserError(.staleReference, "\(gone). Take a new snapshot.") }
            let moved = result.moved ?? 0
            return try await self.report(
                moved == 0
                    ? "Nothing moved: this is the \(pages < 0 ? "top" : "end")"
                    : "Scrolled by \(moved) to \(result.top ?? 0) of \(result.height ?? 0) pixels")
        }
    }
}

extension BrowserPage.Awaited {
    fileprivate var text: String {
        switch self {
        case .text(let text): "\"\(text)\" on the page"
        case .gone(let text): "\"\(text)\" gone from the page"
        case .url(let part): "an address with \"\(part)\""
        }
    }
}
