import AgentEvents

extension BrowserPage {
    /// Presses a key, such as `Enter`, `Escape`, `a` or `Control+a`, in whatever has the focus.
    /// - Throws: ``BrowserError`` with code `invalidValue` for a key that is not known.
    public func press(_ combination: String) async throws -> ActionReport {
        let before = self.beginAction()
        try await self.press(combination, reportsPlace: true)
        try await self.settle(after: before)
        return try await self.report("Pressed \(combination)")
    }

    func press(_ combination: String, reportsPlace: Bool) async throws {
        let key = try KeyPress(combination)
        try await self.send("Input.dispatchKeyEvent", key.parameters(type: key.text == nil ? "rawKeyDown" : "keyDown"))
        try await self.send("Input.dispatchKeyEvent", key.parameters(type: "keyUp"))
        // A round trip through the page, so that a navigation which the key started is known.
        if reportsPlace { _ = try? await self.call("place", isRepeatable: false, as: Place.self) }
    }
}

/// A key with its modifiers, in the terms of `KeyboardEvent`.
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
    private static let modifierBits = [
        "alt": 1, "control": 2, "ctrl": 2, "meta": 4, "command": 4, "cmd": 4, "shift": 8,
    ]

    /// - Throws: ``BrowserError`` with code `invalidValue`.
    init(_ combination: String) throws {
        // The plus sign itself is a key too.
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
            let isLetter = ("A"..."Z").contains(character)
            self.code = isLetter ? "Key\(character)" : character.properties.numericType != nil ? "Digit\(last)" : ""
            self.virtualKeyCode = character.isASCII ? Int(character.value) : 0
            self.text = last
        } else {
            throw Self.unknown(combination)
        }
        // With these held a key is a command and types nothing.
        if self.modifiers & 7 != 0 { self.text = nil }
    }

    private static func unknown(_ combination: String) -> BrowserError {
        BrowserError(
            .invalidValue,
            "'\(combination)' is no key. Use one character, Enter, Tab, Escape, Backspace, Delete, Space, Home, End, "
                + "PageUp, PageDown or an Arrow key, with Control, Alt, Shift or Meta and + before it.")
    }

    func parameters(type: String) -> JSONValue {
        var parameters: [String: JSONValue] = [
            "type": .string(type), "key": .string(self.key), "code": .string(self.code),
            "windowsVirtualKeyCode": .integer(self.virtualKeyCode), "modifiers": .integer(self.modifiers),
        ]
        if let text, type == "keyDown" { parameters["text"] = .string(text) }
        // Chromium on Linux leaves this command to the application.
        if self.modifiers & 7 == 2, self.key.lowercased() == "a", type != "keyUp" {
            parameters["commands"] = ["selectAll"]
        }
        return .object(parameters)
    }
}
