import AgentEvents
import FoundationEssentials
import Synchronization

extension BrowserPage {
    private func prepare(
        _ function: String, _ element: ElementReference, _ arguments: [JSONValue] = [], isRepeatable: Bool = true
    ) async throws -> Preparation {
        try await self.attempt { _ in
            try await self.call(
                function, [.string(element.id)] + arguments, in: element.path, isRepeatable: isRepeatable,
                as: Preparation.self)
        }
    }

    // MARK: Text

    /// Replaces a field's content and reads back what it holds.
    /// - Throws: ``BrowserError`` with code `staleReference`, `notActionable` or `invalidValue`.
    public func fill(_ reference: String, with text: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            _ = self.beginAction()
            let preparation = try await self.prepare("prepareFill", element, [.string(text)])
            if preparation.done != true {
                if text.isEmpty {
                    try await self.press(KeyPress("Delete"))
                } else {
                    try await self.send("Input.insertText", ["text": .string(text)])
                }
            }
            let result = try await self.value(of: element)
            if let gone = result.gone {
                return try await self.report("Typed into \(reference); the field has left the page since: \(gone)")
            }
            let label = Self.label(result, element)
            let value = result.value ?? ""
            let shown = result.isSecret == true ? nil : value
            // A frame's document is another than the page's.
            let place = element.path == .main ? result.place : nil
            guard value == text else {
                let held = shown.map { "'\(self.configuration.secrets.mask($0).prefix(200))'" } ?? "something else"
                return try await self.report(
                    "Typed into \(label), but it now holds \(held)", value: shown, known: place)
            }
            return try await self.report(
                text.isEmpty ? "Cleared \(label)" : "Filled \(label)", value: shown, known: place)
        }
    }

    /// Empties a field.
    /// - Throws: As ``fill(_:with:)`` does.
    public func clear(_ reference: String) async throws -> ActionReport { try await self.fill(reference, with: "") }

    /// Puts a secret into a field of its own origin; the field shows dots from then on.
    /// - Throws: ``BrowserError`` with code `invalidValue` where the secret is not known or belongs to another origin.
    public func fill(_ reference: String, withSecret name: String) async throws -> ActionReport {
        try await self.asAgent {
            guard let secret = self.configuration.secrets.value(of: name) else {
                throw BrowserError(.invalidValue, "There is no secret called '\(name)'. Ask the person for it.")
            }
            let element = try ElementReference(reference)
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

    private func value(of element: ElementReference) async throws -> Preparation {
        try await self.call("valueOf", [.string(element.id)], in: element.path, as: Preparation.self)
    }

    /// Says what was done to a control and what it holds now.
    func reportValue(of element: ElementReference, _ done: String) async throws -> ActionReport {
        let result = try await self.value(of: element)
        if result.gone != nil {
            return try await self.report("\(done) \(element.path.prefix)\(element.id); it has left the page since")
        }
        let isSecret = result.isSecret == true
        return try await self.report(
            "\(done) \(Self.label(result, element))"
                + (isSecret
                    ? "" : "; it now holds '\(self.configuration.secrets.mask(result.value ?? "").prefix(200))'"),
            value: isSecret ? nil : result.value)
    }

    // MARK: Boxes

    /// Sets a checkbox, radio button or switch, if it is not so already.
    /// - Throws: As ``click(_:)`` does; `notActionable` also where it does not change.
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
            // A page may take a moment to draw the box anew.
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

    /// Chooses in a list: a native one, an ARIA one, or one of the page's own making that opens on a click.
    /// - Parameters:
    ///   - reference: The list.
    ///   - options: Labels or values; more than one only for native lists that take several.
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

    // MARK: Files

    /// Gives files to a file field, or to the chooser that a button opens.
    /// - Parameters:
    ///   - reference: The field or the button.
    ///   - files: Paths of files on this machine, which a local browser shares.
    /// - Throws: As ``click(_:)`` does; `invalidValue` for a file that is not there.
    public func upload(_ files: [String], to reference: String) async throws -> ActionReport {
        for file in files where !FileManager.default.isReadableFile(atPath: file) {
            throw BrowserError(.invalidValue, "There is no file '\(file)' that can be read.")
        }
        return try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            let paths = JSONValue.array(files.map { .string($0) })
            let prepared = try await self.prepare("prepareUpload", element, [.integer(files.count)])
            if prepared.isCustom == true {
                self.state.withLock { $0.fileChooser = nil }
                try await self.clickThrough(element)
                guard
                    try await self.wait(until: .now + self.configuration.actionTimeout, for: { $0.fileChooser != nil }),
                    let chooser = self.state.withLock({ $0.fileChooser.take() })
                else { throw BrowserError(.invalidValue, "\(Self.label(prepared, element)) opens no file chooser.") }
                // It gets one.
                self.state.withLock { $0.effects.notes.removeAll { $0 == Self.fileNote } }
                try await self.connection.send(
                    "DOM.setFileInputFiles", ["files": paths, "backendNodeId": .integer(chooser.node)],
                    session: chooser.session)
            } else {
                guard let field = try await self.object("fileField", [.string(element.id)], in: element.path) else {
                    throw BrowserError(.staleReference, "\(reference) has left the page. Take a new snapshot.")
                }
                try await self.connection.send(
                    "DOM.setFileInputFiles", ["files": paths, "objectId": .string(field.id)],
                    session: field.document.session)
            }
            try await self.settle(after: before)
            let names = files.map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: ", ")
            return try await self.report("Gave \(names) to \(Self.label(prepared, element))", value: names)
        }
    }
}
