import AgentEvents
import FoundationEssentials
import Waiting

extension BrowserPage {
    func prepare(
        _ function: String, _ element: ElementReference, _ arguments: [JSONValue] = [], isRepeatable: Bool = true
    ) async throws -> Preparation {
        try await self.attempt { _ in
            try await self.call(
                function, [.string(element.id)] + arguments, in: element.path, isRepeatable: isRepeatable,
                as: Preparation.self)
        }
    }

    // MARK: Text

    /// Replaces the content of a field, and reads back the value that the field then has.
    /// - Parameters:
    ///   - reference: The reference of the field in the latest snapshot, such as `e5`.
    ///   - text: The new content; empty to clear the field.
    /// - Returns: A report that includes the value of the field.
    /// - Throws: ``BrowserError`` with code `staleReference`, `notActionable` or `invalidValue`.
    public func fill(_ reference: String, with text: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            _ = self.beginAction()
            let preparation = try await self.prepare("prepareFill", element, [.string(text)])
            if preparation.done != true {
                // The editor knows its own selection; the field's is of no use.
                if preparation.isProxy == true {
                    try await self.settleEditor()
                    try await self.press(KeyPress("Control+a"))
                }
                if text.isEmpty {
                    try await self.press(KeyPress("Delete"))
                } else {
                    try await self.send("Input.insertText", ["text": .string(text)])
                    // As after input by a method such as Pinyin: fields that filter a list often listen to no other event.
                    try await self.send("Input.dispatchKeyEvent", ["type": "keyUp", "key": "Process"])
                }
            }
            if preparation.isProxy == true { try await self.settleEditor() }
            let result = try await self.value(of: element)
            if let gone = result.gone {
                return try await self.report("Typed into \(reference); the field has left the page since: \(gone)")
            }
            let label = Self.label(result, element)
            let value = result.value ?? ""
            let shown = result.isSecret == true ? nil : value
            // The state of a frame's document is not that of the page.
            let place = element.path == .main ? result.place : nil
            let held = shown.map { "'\(self.configuration.secrets.mask($0).prefix(200))'" } ?? "something else"
            let summary =
                value != text
                ? "Typed into \(label), but it now holds \(held)"
                : text.isEmpty ? "Cleared \(label)" : "Filled \(label)"
            var report = try await self.report(summary, value: shown, known: place)
            report.isSecret = result.isSecret == true
            return report
        }
    }

    /// Gives an editor a moment to take over the focus, or to draw its text.
    private func settleEditor() async throws {
        _ = try await self.call("settled", [100, 1000, false], as: Bool.self)
    }

    /// Clears a field.
    /// - Parameter reference: The reference of the field in the latest snapshot, such as `e5`.
    /// - Returns: A report that includes the value of the field.
    /// - Throws: The same errors as ``fill(_:with:)``.
    public func clear(_ reference: String) async throws -> ActionReport { try await self.fill(reference, with: "") }

    /// Enters a secret in a field of one of its origins. The field shows dots from then on.
    /// - Parameters:
    ///   - reference: The reference of the field in the latest snapshot, such as `e5`.
    ///   - name: The name of the secret in ``BrowserConfiguration/secrets``.
    /// - Returns: A report without the value.
    /// - Throws: The same errors as ``fill(_:with:)``. The code is `invalidValue` if the secret is unknown or belongs
    ///   to other origins.
    public func fill(_ reference: String, withSecret name: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let secret = try await self.secret(name, for: element)
            _ = self.beginAction()
            let filled = try await self.prepare(
                "fillSecret", element,
                [.string(secret.value), .array(secret.ref.origins.map { .string($0) })], isRepeatable: false)
            let label = Self.label(filled, element)
            return try await self.report(
                filled.done == true
                    ? "Filled \(label) with the secret \(name)"
                    : "Put the secret \(name) into \(label), but the field has changed it")
        }
    }

    private func secret(_ name: String, for element: ElementReference) async throws -> (ref: SecretRef, value: String) {
        if let ref = self.configuration.secrets.maker(of: name) {
            // A value that is made is made only for a page that gets it.
            let origin = try await self.call("origin", in: element.path, as: String.self)
            guard ref.origins.contains(origin) else {
                throw BrowserError(
                    .invalidValue,
                    "\(element.path.prefix)\(element.id) is on \(origin), and the secret belongs to "
                        + "\(ref.origins.joined(separator: ", "))")
            }
        }
        do {
            if let secret = try await self.configuration.secrets.value(of: name) { return secret }
        } catch let error where !(error is CancellationError) {
            throw BrowserError(.invalidValue, "The secret '\(name)' can't be used: \(error)")
        }
        throw BrowserError(.invalidValue, "There is no secret called '\(name)'. Ask the person for it.")
    }

    private func value(of element: ElementReference) async throws -> Preparation {
        try await self.call("valueOf", [.string(element.id)], in: element.path, as: Preparation.self)
    }

    /// Creates a report about an action on a control and the value that the control then has.
    func reportValue(of element: ElementReference, _ done: String) async throws -> ActionReport {
        let result = try await self.value(of: element)
        if result.gone != nil {
            return try await self.report("\(done) \(element.path.prefix)\(element.id); it has left the page since")
        }
        let isSecret = result.isSecret == true
        var report = try await self.report(
            "\(done) \(Self.label(result, element))"
                + (isSecret
                    ? "" : "; it now holds '\(self.configuration.secrets.mask(result.value ?? "").prefix(200))'"),
            value: isSecret ? nil : result.value)
        report.isSecret = isSecret
        return report
    }

    // MARK: Checkboxes

    /// Checks or unchecks a checkbox, radio button or switch. Does nothing if it already has that state.
    /// - Parameters:
    ///   - reference: The reference of the control in the latest snapshot, such as `e5`.
    ///   - isChecked: The new state.
    /// - Returns: A report that says whether the control is checked.
    /// - Throws: The same errors as ``click(_:)``. The code is `notActionable` also if the state does not change, and
    ///   `invalidValue` if the control has no such state.
    public func setChecked(_ reference: String, _ isChecked: Bool) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            let state = try await self.prepare("valueOf", element)
            let label = Self.label(state, element)
            guard let checked = state.checked else {
                throw BrowserError(.invalidValue, "\(label) can't be checked or unchecked. Click it instead.")
            }
            let word = isChecked ? "checked" : "not checked"
            if checked == isChecked { return try await self.report("\(label) was \(word) already") }
            try await self.clickThrough(element)
            try await self.settle(after: before)
            let deadline = ContinuousClock.now + .seconds(1)
            // The page may need a moment to redraw the control.
            while true {
                let now = try await self.value(of: element)
                if now.checked == isChecked || now.gone != nil {
                    return try await self.report("\(label) is now \(word)")
                }
                guard ContinuousClock.now < deadline else { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw BrowserError(
                .notActionable, "\(label) was clicked and is still not \(isChecked ? "checked" : "unchecked").")
        }
    }

    // MARK: Lists

    /// Chooses options in a list: a native list, an ARIA list, or a custom list that opens on a click.
    /// - Parameters:
    ///   - options: The labels or values to choose. Only native lists that allow several choices accept more than one.
    ///   - reference: The reference of the list in the latest snapshot, such as `e5`.
    /// - Returns: A report that includes the chosen options.
    /// - Throws: ``BrowserError`` with code `staleReference`, `notActionable` or `invalidValue`.
    public func select(_ options: [String], in reference: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            let result = try await self.prepare(
                "select", element, [.array(options.map { .string($0) })], isRepeatable: false)
            if result.isCustom == true { return try await self.choose(options, in: element, after: before) }
            try await self.settle(after: before)
            return try await self.report(
                "Chose \"\(result.value ?? "")\" in \(Self.label(result, element))", value: result.value)
        }
    }

    private func choose(
        _ options: [String], in element: ElementReference, after document: String?
    ) async throws -> ActionReport {
        guard let wanted = options.first, options.count == 1 else {
            throw BrowserError(.invalidValue, "\(element.id) takes one option at a time.")
        }
        func find() async throws -> Preparation {
            try await self.call(
                "findOption", [.string(element.id), .string(wanted)], in: element.path, as: Preparation.self)
        }
        var found = try await find()
        if found.option == nil, found.gone == nil, found.wrong == nil {
            try await self.clickThrough(element)
            found = try await self.attempt { _ in try await find() }
        }
        if let gone = found.gone { throw BrowserError(.staleReference, "\(gone). Take a new snapshot.") }
        if let wrong = found.wrong { throw BrowserError(.invalidValue, "\(wrong).") }
        guard let option = found.option else {
            throw BrowserError(.notActionable, "\(found.retry ?? "The list shows no such option").")
        }
        try await self.clickThrough(ElementReference(element.path.prefix + option))
        try await self.settle(after: document)
        return try await self.report(
            "Chose \"\(found.value ?? wanted)\" in \(Self.label(found, element))", value: found.value)
    }
}
