import AgentEvents
import AgentLoop
import BrowserAutomation

/// Tools that may change something on a page.
extension BrowserTools {
    private struct Click: ToolInput {
        var ref: String
        var double: Bool?
        static let descriptions = [
            "ref": "The control's reference in the newest snapshot, such as e5.",
            "double": "Whether to click twice in quick succession.",
        ]
    }

    private struct Reference: ToolInput {
        var ref: String
        static let descriptions = ["ref": "The control's reference in the newest snapshot, such as e5."]
    }

    private struct Fill: ToolInput {
        var ref: String
        var text: String
        static let descriptions = [
            "ref": "The field's reference in the newest snapshot.",
            "text": "The new text of the field. It replaces the current text.",
        ]
    }

    private struct TypeText: ToolInput {
        var ref: String
        var text: String
        static let descriptions = [
            "ref": "The field's reference in the newest snapshot.", "text": "The text to add after the current text.",
        ]
    }

    private struct Secret: ToolInput {
        var ref: String
        var secret: String
        static let descriptions = [
            "ref": "The field's reference in the newest snapshot.", "secret": "The secret's name.",
        ]
    }

    private struct Select: ToolInput {
        var ref: String
        var option: String?
        var options: [String]?
        static let descriptions = [
            "ref": "The list's reference.", "option": "The option's label.",
            "options": "All options to choose, where a list takes several. Others are cleared.",
        ]

        var wanted: [String] { self.options ?? self.option.map { [$0] } ?? [] }
    }

    private struct Check: ToolInput {
        var ref: String
        var checked: Bool
        static let descriptions = ["ref": "The box's reference.", "checked": "Whether it shall be checked."]
    }

    private struct Key: ToolInput {
        var key: String
        var ref: String?
        var times: Int?
        static let descriptions = [
            "key": "A key such as Enter, Escape, Tab, ArrowDown or Control+a.",
            "ref": "What gets the key; what has the focus when left out.",
            "times": "How often, 20 at most; once when left out.",
        ]
        private static let activating: Set = ["enter", "space", " "]

        /// How often to press the key. One that activates something is pressed once.
        var count: Int {
            let name = self.key.split(separator: "+").last.map { $0.lowercased() } ?? ""
            return Self.activating.contains(name) ? 1 : min(max(self.times ?? 1, 1), 20)
        }
    }

    private struct Drag: ToolInput {
        var from: String
        var to: String
        static let descriptions = ["from": "The reference of what is dragged.", "to": "The reference of where to."]
    }

    var click: Tool {
        Tool(
            "click", "Clicks a control once it can be clicked.", risk: .reversibleWrite
        ) { (input: Click, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "click", action: .click, ref: input.ref), on: page, context
                ) { ref in
                    let ref = ref ?? input.ref
                    return try await input.double == true ? page.doubleClick(ref) : page.click(ref)
                }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var fill: Tool {
        Tool("fill", "Puts text into a field.", risk: .reversibleWrite) { (input: Fill, context) in
            try await self.acting { page in
                try await self.checkFlow(
                    of: CrossOriginDataTracker.pieces(ofText: input.text), to: page, tool: "fill", context)
                try await self.gate.checkField(input.ref, on: page)
                self.effects.note(written: input.text)
                // Some fields submit automatically when they are full.
                let report = try await self.guarding(on: page, context) {
                    try await page.fill(input.ref, with: input.text)
                }
                return self.words(report)
            }
        }
    }

    var type: Tool {
        Tool(
            "type", "Types text key by key, for fields that react to each key, such as those with suggestions.",
            risk: .reversibleWrite
        ) { (input: TypeText, context) in
            try await self.acting { page in
                try await self.checkFlow(
                    of: CrossOriginDataTracker.pieces(ofText: input.text), to: page, tool: "type", context)
                try await self.gate.checkField(input.ref, on: page)
                self.effects.note(written: input.text)
                // A line break is typed as the Enter key, which may submit.
                guard input.text.contains(where: \.isNewline) else {
                    let report = try await self.guarding(on: page, context) {
                        try await page.type(input.text, into: input.ref)
                    }
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
            "fill_secret", "Puts a secret that the person gave for this site into a field, by the secret's name.",
            risk: .reversibleWrite
        ) { (input: Secret, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(
                        tool: "fill_secret", action: .fillSecret, input: ["secret": .string(input.secret)],
                        ref: input.ref), on: page, context
                ) { try await page.fill($0 ?? input.ref, withSecret: input.secret) }
                return self.words(report)
            }
        }
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
            "check", "Checks or unchecks a box, radio button or switch.", risk: .reversibleWrite
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
        Tool("press", "Presses a key.", risk: .reversibleWrite) { (input: Key, context) in
            try await self.acting { page in
                if input.key.count == 1 { try await self.checkFlow(of: [input.key], to: page, tool: "press", context) }
                let report = try await self.allowing(
                    .init(
                        tool: "press", action: .press, input: ["key": .string(input.key)], ref: input.ref,
                        key: input.key), on: page, context
                ) { try await page.press(input.key, times: input.count, in: $0) }
                return try await self.answer(report, on: page, context)
            }
        }
    }

    var hover: Tool {
        Tool(
            "hover", "Moves the mouse over something, such as a menu that opens by itself.", risk: .read
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
        Tool("drag", "Drags one thing onto another.", risk: .reversibleWrite) { (input: Drag, context) in
            try await self.acting { page in
                let report = try await self.allowing(
                    .init(tool: "drag", action: .drag, ref: input.from), on: page, context
                ) { try await page.drag($0 ?? input.from, to: input.to) }
                return try await self.answer(report, on: page, context)
            }
        }
    }
}
