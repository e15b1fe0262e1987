import AgentEvents
import AgentLoop
import BrowserAutomation

/// Tools that may change something on a page.
extension BrowserTools {
    private struct Click: ToolInput {
        var ref: String
        var kind: ClickKind?
    }

    private struct Reference: ToolInput {
        var ref: String
    }

    private struct Fill: ToolInput {
        var ref: String
        var text: String
    }

    private struct Secret: ToolInput {
        var ref: String
        var secret: String
    }

    private struct Select: ToolInput {
        var ref: String
        var option: String?
        var options: [String]?
        static let descriptions = ["options": "Several; all others are cleared."]

        var wanted: [String] { self.options ?? self.option.map { [$0] } ?? [] }
    }

    private struct Check: ToolInput {
        var ref: String
        var checked: Bool
    }

    private struct Key: ToolInput {
        var key: String
        var ref: String?
        var times: Int?
        static let descriptions = ["ref": "The focus if left out."]
        private static let activating: Set = ["enter", "space", " "]

        /// How often to press the key. One that activates something is pressed once.
        var count: Int {
            let name = self.key.split(separator: "+").last.map { $0.lowercased() } ?? ""
            return Self.activating.contains(name) ? 1 : min(max(self.times ?? 1, 1), 20)
        }
    }

    private struct Drag: ToolInput {
        var from: String
        var to: String?
        var right: Double?
        var down: Double?
        static let descriptions = ["right": "Pixels, instead of to."]
    }

    private struct Selected: ToolInput {
        var text: String
        var ref: String?
    }

    var click: Tool {
        Tool(
            "click", "Clicks a control.", risk: .reversibleWrite
        ) { (input: Click, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "click", action: .click, ref: input.ref), on: page, context
                ) { try await page.click($0 ?? input.ref, input.kind ?? .single) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var fill: Tool {
        Tool("fill", "Replaces the text of a field.", risk: .reversibleWrite) { (input: Fill, context) in
            try await self.acting { page in
                try await self.checkFlow(
                    of: CrossOriginDataTracker.pieces(ofText: input.text), to: page, tool: "fill", context)
                try await self.gate.checkField(input.ref, on: page)
                self.note(written: input.text)
                // Some fields submit automatically when they are full.
                let report = try await self.guarding(on: page, context) {
                    try await page.fill(input.ref, with: input.text)
                }
                if report.isSecret { self.effects.note(password: input.text) }
                return ToolOutput(text: self.words(report), value: report.isSecret ? nil : report.value)
            }
        }
    }

    var type: Tool {
        Tool(
            "type", "Types text key by key, for fields with suggestions.",
            risk: .reversibleWrite
        ) { (input: Fill, context) in
            try await self.acting { page in
                try await self.checkFlow(
                    of: CrossOriginDataTracker.pieces(ofText: input.text), to: page, tool: "type", context)
                try await self.gate.checkField(input.ref, on: page)
                self.note(written: input.text)
                // A line break is typed as the Enter key, which may submit.
                guard input.text.contains(where: \.isNewline) else {
                    let report = try await self.guarding(on: page, context) {
                        try await page.type(input.text, into: input.ref)
                    }
                    if report.isSecret { self.effects.note(password: input.text) }
                    return try await self.answer(report, on: page, context)
                }
                let report = try await self.allowing(
                    .init(
                        tool: "type", action: .press, input: ["text": .string(input.text)], ref: input.ref,
                        key: "Enter"), on: page, context
                ) { try await page.type(input.text, into: $0 ?? input.ref) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var fillSecret: Tool {
        Tool(
            "fill_secret", "Fills in a secret given for this site.",
            risk: .reversibleWrite
        ) { (input: Secret, context) in
            try await self.acting { page in
                let name = try self.secret(named: input.secret, for: try await page.origin())
                let report = try await self.allowing(
                    .init(
                        tool: "fill_secret", action: .fillSecret, input: ["secret": .string(name)],
                        ref: input.ref), on: page, context
                ) { try await page.fill($0 ?? input.ref, withSecret: name) }
                return self.words(report)
            }
        }
    }

    /// Returns the name under which a secret is known, which for a kept one ends with its site.
    /// - Throws: ``ActionRefused`` if there is none: nobody is asked about what can't be done.
    private func secret(named name: String, for origin: String) throws -> String {
        if self.secrets.ref(name) != nil { return name }
        let kept = self.secrets.names.first {
            $0.hasPrefix("\(name)@") && self.secrets.ref($0)?.origins.contains(origin) ?? false
        }
        guard let kept else {
            throw ActionRefused("There is no secret '\(name)' yet. Ask the person for it with ask_person.")
        }
        return kept
    }

    var select: Tool {
        Tool("select", "Chooses options of a list.", risk: .reversibleWrite) { (input: Select, context) in
            guard !input.wanted.isEmpty else { throw ActionRefused("Name the option to choose.") }
            return try await self.acting { page in
                let chosen: JSONValue =
                    input.options.map { ["options": .array($0.map { .string($0) })] }
                    ?? ["option": .string(input.wanted[0])]
                let report = try await self.allowing(
                    .init(tool: "select", action: .select, input: chosen, ref: input.ref), on: page, context
                ) { try await page.select(input.wanted, in: $0 ?? input.ref) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var check: Tool {
        Tool(
            "check", "Checks or unchecks a box or switch.", risk: .reversibleWrite
        ) { (input: Check, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "check", action: .check, input: ["checked": .bool(input.checked)], ref: input.ref),
                    on: page, context
                ) { try await page.setChecked($0 ?? input.ref, input.checked) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var press: Tool {
        Tool("press", "Presses a key, such as Enter or Control+a.", risk: .reversibleWrite) {
            (input: Key, context) in
            try await self.acting { page in
                if input.key.count == 1 {
                    try await self.checkFlow(of: [input.key], to: page, tool: "press", context)
                    self.evidence.note(written: String(repeating: input.key, count: min(max(input.count, 1), 100)))
                }
                let report = try await self.allowing(
                    .init(
                        tool: "press", action: .press,
                        input: ["key": .string(input.key), "times": .integer(input.count)], ref: input.ref,
                        key: input.key), on: page, context
                ) { try await page.press(input.key, times: input.count, in: $0) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var hover: Tool {
        Tool(
            "hover", "Moves the mouse over something.", risk: .read
        ) { (input: Reference, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "hover", action: .hover, ref: input.ref), on: page, context
                ) { try await page.hover($0 ?? input.ref) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var drag: Tool {
        Tool("drag", "Drags one thing onto another, or its corner.", risk: .reversibleWrite) { (input: Drag, context) in
            guard input.to != nil || input.right != nil || input.down != nil else {
                throw ActionRefused("Say where to drag: to, or right and down.")
            }
            return try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "drag", action: .drag, ref: input.from), on: page, context
                ) { ref in
                    if let target = input.to { return try await page.drag(ref ?? input.from, to: target) }
                    return try await page.drag(
                        ref ?? input.from, right: input.right ?? 0, down: input.down ?? 0)
                }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var selectText: Tool {
        Tool(
            "select_text", "Selects text, on the page or in ref.", risk: .reversibleWrite
        ) { (input: Selected, context) in
            try await self.acting { page in
                let report = try await self.guarding(on: page, context) {
                    try await page.selectText(input.text, in: input.ref)
                }
                return try await self.answer(report, on: page, context)
            }
        }
    }
}
