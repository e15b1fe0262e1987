import AgentEvents

extension BrowserPage {
    /// Presses a key in an element, or in the element that has the focus.
    /// - Parameters:
    ///   - combination: The key with its modifiers, such as `Enter`, `Escape`, `a` or `Control+a`.
    ///   - times: How often to press it.
    ///   - reference: The reference of the element in the latest snapshot, such as `e5`; `nil` for the one with the
    ///     focus.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `invalidValue` if the key is unknown, or the same errors as ``click(_:)``.
    public func press(
        _ combination: String, times: Int = 1, in reference: String? = nil
    ) async throws -> ActionReport {
        let key = try KeyPress(combination)
        return try await self.asAgent {
            try self.checkLooked()
            let before = self.beginAction()
            var place = ""
            if let reference {
                let element = try ElementReference(reference)
                let focused = try await self.attempt { _ in
                    try await self.call("focus", [.string(element.id)], in: element.path, as: Preparation.self)
                }
                place = " in \(Self.label(focused, element))"
            }
            for _ in 0..<max(times, 1) { try await self.press(key) }
            // Make a round trip to the page, so that a navigation that the key started is known.
            _ = try? await self.call("place", isRepeatable: false, as: PageInfo.self)
            try await self.settle(after: before)
            return try await self.report("Pressed \(combination)\(times > 1 ? " \(times) times" : "")\(place)")
        }
    }

    func press(_ key: KeyPress) async throws {
        let commands = key.commands
        for (method, parameters) in commands.dropLast() { self.post(method, parameters) }
        if let (method, parameters) = commands.last { try await self.send(method, parameters) }
    }

    /// Types text key by key at the end of a field's content, as a user does.
    /// - Parameters:
    ///   - text: The text to type.
    ///   - reference: The reference of the field in the latest snapshot, such as `e5`.
    /// - Returns: A report that includes the value of the field.
    /// - Throws: The same errors as ``fill(_:with:)``.
    public func type(_ text: String, into reference: String) async throws -> ActionReport {
        try await self.asAgent {
            let element = try ElementReference(reference)
            let before = self.beginAction()
            _ = try await self.attempt { _ in
                try await self.call("prepareType", [.string(element.id)], in: element.path, as: Preparation.self)
            }
            for character in text {
                if let key = try? KeyPress(character.isNewline ? "Enter" : String(character)), key.isTyped {
                    try await self.press(key)
                } else {
                    try await self.send("Input.insertText", ["text": .string(String(character))])
                }
            }
            try await self.settle(after: before)
            return try await self.reportValue(of: element, "Typed into")
        }
    }
}

/// A key with its modifiers, described with the properties of `KeyboardEvent`.
struct KeyPress: Equatable {
    var key: String
    var code: String
    var virtualKeyCode: Int
    var text: String?
    var modifiers: Int

    private static let named: [String: (key: String, code: String, number: Int, text: String?)] = [
        "enter": ("Enter", "Enter", 13, "\r"), "return": ("Enter", "Enter", 13, "\r"),
        "tab": ("Tab", "Tab", 9, nil), "escape": ("Escape", "Escape", 27, nil), "esc": ("Escape", "Escape", 27, nil),
        "backspace": ("Backspace", "Backspace", 8, nil), "delete": ("Delete", "Delete", 46, nil),
        "space": (" ", "Space", 32, " "), "arrowup": ("ArrowUp", "ArrowUp", 38, nil),
        "arrowdown": ("ArrowDown", "ArrowDown", 40, nil), "arrowleft": ("ArrowLeft", "ArrowLeft", 37, nil),
        "arrowright": ("ArrowRight", "ArrowRight", 39, nil), "home": ("Home", "Home", 36, nil),
        "end": ("End", "End", 35, nil), "pageup": ("PageUp", "PageUp", 33, nil),
        "pagedown": ("PageDown", "PageDown", 34, nil),
    ]
    /// The keys of a US keyboard that type symbols, by symbol. Each entry lists the symbols of one key.
    private static let signs: [String: (code: String, number: Int)] = {
        let keys = [
            ("Digit1", 49, "!"), ("Digit2", 50, "@"), ("Digit3", 51, "#"), ("Digit4", 52, "$"), ("Digit5", 53, "%"),
            ("Digit6", 54, "^"), ("Digit7", 55, "&"), ("Digit8", 56, "*"), ("Digit9", 57, "("), ("Digit0", 48, ")"),
            ("Semicolon", 186, ";:"), ("Equal", 187, "=+"), ("Comma", 188, ",<"), ("Minus", 189, "-_"),
            ("Period", 190, ".>"), ("Slash", 191, "/?"), ("Backquote", 192, "`~"), ("BracketLeft", 219, "[{"),
            ("Backslash", 220, "\\|"), ("BracketRight", 221, "]}"), ("Quote", 222, "'\""), ("Space", 32, " "),
        ]
        return Dictionary(
            uniqueKeysWithValues: keys.flatMap { code, number, signs in signs.map { (String($0), (code, number)) } })
    }()
    private static let modifierBits = [
        "alt": 1, "control": 2, "ctrl": 2, "meta": 4, "command": 4, "cmd": 4, "shift": 8,
    ]

    /// Parses a key with its modifiers, such as `Control+a`.
    /// - Throws: ``BrowserError`` with code `invalidValue`.
    init(_ combination: String) throws {
        // The plus sign is also a key.
        var parts = combination.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        if combination == "+" || combination.hasSuffix("++") { parts = parts.dropLast(2) + ["+"] }
        guard let last = parts.popLast(), !last.isEmpty else { throw Self.unknown(combination) }
        self.modifiers = try parts.reduce(0) { bits, name in
            guard let bit = Self.modifierBits[name.lowercased()] else { throw Self.unknown(combination) }
            return bits | bit
        }
        if let known = Self.named[last.lowercased()] {
            (self.key, self.code, self.virtualKeyCode, self.text) = (known.key, known.code, known.number, known.text)
        } else if last.count == 1, let character = last.uppercased().unicodeScalars.first {
            self.key = last
            self.text = last
            if ("A"..."Z").contains(character) || ("0"..."9").contains(character) {
                self.code = "\(character.properties.numericType == nil ? "Key" : "Digit")\(character)"
                self.virtualKeyCode = Int(character.value)
            } else {
                (self.code, self.virtualKeyCode) = Self.signs[last] ?? ("", 0)
            }
        } else {
            throw Self.unknown(combination)
        }
        // With Alt, Control or Meta held, a key is a command and types no text.
        if self.modifiers & 7 != 0 { self.text = nil }
    }

    private static func unknown(_ combination: String) -> BrowserError {
        BrowserError(
            .invalidValue,
            "'\(combination)' is no key. Use one character, Enter, Tab, Escape, Backspace, Delete, Space, Home, End, "
                + "PageUp, PageDown or an Arrow key, with Control, Alt, Shift or Meta and + before it.")
    }

    /// Whether the key types a character and exists on a keyboard that pages know.
    var isTyped: Bool { self.text != nil && self.virtualKeyCode != 0 }

    /// The CDP commands that press and release the key.
    var commands: [(method: String, parameters: JSONValue)] {
        [
            ("Input.dispatchKeyEvent", self.parameters(type: self.text == nil ? "rawKeyDown" : "keyDown")),
            ("Input.dispatchKeyEvent", self.parameters(type: "keyUp")),
        ]
    }

    private func parameters(type: String) -> JSONValue {
        var parameters: [String: JSONValue] = [
            "type": .string(type), "key": .string(self.key), "code": .string(self.code),
            "windowsVirtualKeyCode": .integer(self.virtualKeyCode), "modifiers": .integer(self.modifiers),
        ]
        if let text, type == "keyDown" { parameters["text"] = .string(text) }
        // Chromium on Linux leaves the select-all command to the application.
        if self.modifiers & 7 == 2, self.key.lowercased() == "a", type != "keyUp" {
            parameters["commands"] = ["selectAll"]
        }
        return .object(parameters)
    }
}
