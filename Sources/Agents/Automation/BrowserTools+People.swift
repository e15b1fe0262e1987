import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Tools and checks that involve the user: takeover and approval.
extension BrowserTools {
    private struct HandOver: ToolInput {
        var request: String
        static let descriptions = ["request": "In the person's language."]
    }

    private struct Fact: ToolInput {
        var fact: String
    }

    /// Keeps a fact in the conversation. See `Conversation.noteTool`.
    var note: Tool {
        Tool(Conversation.noteTool, "Keeps a fact for later.", risk: .read) { (_: Fact, _) in "Kept." }
    }

    private struct Reason: ToolInput {
        var reason: String
        static let descriptions = ["reason": "What stands in the way, and what the person can do."]
    }

    /// Ends the task as not done.
    var giveUp: Tool {
        Tool("give_up", "Ends a task that cannot be done.", risk: .read) { (input: Reason, _) in
            input.reason
        }.endingRun
    }

    var handOver: Tool {
        Tool(
            "hand_over", "Lets the person act where only they can.", risk: .read
        ) { (input: HandOver, context) in
            guard let given = context.answers.first else {
                let page = try await self.page()
                let needsSignIn = [.signIn, .secondFactor, .passkey].contains(try? await page.obstacle())
                throw UserInputRequired(
                    Self.takeover(
                        input.request, origin: try await page.origin(),
                        site: needsSignIn ? await self.signIns.siteToOffer(at: page) : nil,
                        questionTimeout: self.gate.questionTimeout
                    ))
            }
            return try await self.handedBack(given)
        }
    }

    /// - Parameter site: The site that the user may stay signed in to.
    static func takeover(
        _ message: String, origin: String, kind: String? = nil, site: Site? = nil, questionTimeout: Duration
    ) -> Interrupt {
        var properties: [String: JSONValue] = [
            "comment": ["type": "string", "description": "What the agent shall know."]
        ]
        var metadata: [String: JSONValue] = ["origin": .string(origin)]
        if let kind { metadata["kind"] = .string(kind) }
        if let site {
            metadata["site"] = .string(site.name)
            if site.isHost { metadata["is_host"] = true }
            metadata["days"] = .integer(SignIns.days)
            properties[SignIns.consent] = [
                "type": "boolean", "default": false,
                "title": .string("Stay signed in to \(site.name) for \(SignIns.days) days"),
            ]
        }
        return Interrupt(
            reason: .takeover, message: message,
            responseSchema: ["type": "object", "properties": .object(properties), "required": []],
            expiresAt: Date() + TimeInterval(questionTimeout.components.seconds), metadata: .object(metadata))
    }

    /// Returns the tool output after the user gave back control, with a snapshot of the current page.
    private func handedBack(_ given: AnsweredInterrupt) async throws -> ToolOutput {
        let what =
            given.answer.status == .resolved
            ? "The person finished in the browser and gave back control." : "The person declined to do this."
        let view = try await self.looking { try await self.view(of: self.page()) }
        self.gate.places.note(try await self.page().url)
        return ToolOutput(text: what + given.answer.remark, view: view)
    }

    /// Checks that texts may be sent to the page.
    ///
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func checkFlow(of texts: [String], to page: BrowserPage, tool: String, _ context: ToolContext) async throws {
        try self.gate.checkFlow(of: texts, to: try await page.origin(), tool: tool, context)
    }

    /// Performs an action if it is allowed. If the user approved it, the page's own confirmation dialogs for it are
    /// accepted too.
    ///
    /// - Parameter action: Receives the reference of the target element, which may have changed since the call.
    func allowing<Result: Sendable>(
        _ attempt: ApprovalGate.Attempt, on page: BrowserPage, _ context: ToolContext,
        _ action: (_ ref: String?) async throws -> Result
    ) async throws -> Result {
        var attempt = attempt
        let permission: ApprovalGate.Permission
        do {
            permission = try await self.gate.check(attempt, on: page, context)
        } catch let error as BrowserError where error.code == .staleReference {
            // When another process resumes the task, the approved element keeps its name and position, but not its
            // reference.
            guard await self.holder.isReattached,
                let ref = try await self.reference(ofApproved: context.answers.first, on: page)
            else { throw error }
            attempt.ref = ref
            permission = try await self.gate.check(attempt, on: page, context)
        }
        try await self.apply(permission.edits, on: page)
        try await self.gate.checkEdited(attempt, on: page, permission, context)
        let given = permission.isApproved ? context.answers.first : nil
        let reader = DialogReader(given?.interrupt)
        page.answerDialogs { reader.answer($0) }
        // The approval covers this action's own dialogs, and none that the page opens later.
        defer { page.answerDialogs(nil) }
        // Use the host of the element's own document, which may be a frame's.
        var moment = EffectRules.Moment(host: Self.host(of: permission.target?.origin ?? page.url))
        moment.activates = attempt.action != .hover && permission.target?.isActivated ?? false
        // A link's text can announce an action, and so does "Submit", which may send nothing.
        let words = permission.target?.words ?? ""
        moment.control =
            permission.kind == .look || ActionLexicon.isOnlySubmit(words)
            ? ActionLexicon.kind(of: words) : permission.kind
        if let target = permission.target {
            moment.shown = target.shown
            moment.showsMoney = Money.isNamed(in: target.shown)
        }
        if let form = permission.target?.form {
            moment.hasPayment = form.hasPayment
            let hidden = form.hidden.compactMap { $0.count == 2 ? ($0[0], $0[1]) : nil }
            moment.form = (form.action, Dictionary(hidden) { first, _ in first })
        }
        let ref = attempt.ref
        let waits = moment.activates
        let result: Result
        do {
            result = try await self.guarding(moment, on: page, context, covering: permission) {
                try await page.judgingMessages(waits: waits, beforehand: ref == nil) { try await action(ref) }
            }
        } catch {
            if self.effects.hasStopped, let ref { await page.enable(ref) }
            throw error
        }
        if self.effects.hasStopped, let ref { await page.enable(ref) }
        if let href = permission.target?.href {
            // A link also names the address that it finally redirects to.
            for address in [href, page.url] { self.gate.places.note(address) }
        }
        // An action that has sent something is not repeated; its report says that the page's dialog was dismissed.
        // What it would have sent is asked about first.
        let isOnce = attempt.tool != "type" && attempt.input["times"]?.integer ?? 1 == 1
        let isRepeatable = given != nil || [.click, .press].contains(attempt.action) && isOnce
        if let dialog = reader.unread, var target = permission.target, isRepeatable, !self.effects.hasStopped,
            self.effects.takeBack()
        {
            if target.context == nil { target.context = try await page.context(of: ref) }
            try self.gate.ask(
                about: dialog, attempt, at: target, isApproved: permission.isApproved, after: context.answers.first,
                quote: self.untrusted.wrap)
        }
        return result
    }

    /// Performs an action within the effect guard.
    func guarding<Result: Sendable>(
        _ moment: EffectRules.Moment, on page: BrowserPage, _ context: ToolContext,
        covering permission: ApprovalGate.Permission? = nil,
        _ action: () async throws -> Result
    ) async throws -> Result {
        if let given = context.answers.first { try ApprovalGate.checkHandedBack(given) }
        var permit = try self.gate.permit(context, coversAction: permission?.isApproved ?? false)
        permit.kinds = permission?.kinds
        var moment = moment
        moment.address = WebRequest.document(of: page.url)
        return try await self.effects.during(moment, document: page.documentID, permit: permit, action)
    }

    /// Performs an action on the current page within the effect guard.
    ///
    /// - Parameter opens: Whether the action opens an address.
    func guarding<Result: Sendable>(
        on page: BrowserPage, _ context: ToolContext, opens: Bool = false, _ action: () async throws -> Result
    ) async throws -> Result {
        try await self.guarding(.init(host: Self.host(of: page.url), opens: opens), on: page, context, action)
    }

    static func host(of address: String) -> String { URL(string: address)?.host()?.lowercased() ?? "" }

    private func reference(ofApproved given: AnsweredInterrupt?, on page: BrowserPage) async throws -> String? {
        guard let metadata = given?.interrupt.metadata, let name = metadata["name"]?.string,
            let role = metadata["role"]?.string, !name.isEmpty
        else { return nil }
        _ = try await self.view(of: page)
        return try await self.reference("\(role) \(JSONValue.string(name).json)", name, on: page)
    }

    /// Returns the reference of the only element whose snapshot line contains this text; `nil` if none or several do.
    private func reference(_ words: String, _ name: String, on page: BrowserPage) async throws -> String? {
        let lines = try await page.find(name).filter { $0.contains("] \(words)") }
        return lines.count > 1
            ? nil : lines.first?.split(separator: "]").first?.split(separator: "[").last.map(String.init)
    }

    private func apply(_ edits: [String: String], on page: BrowserPage) async throws {
        for (label, value) in edits.sorted(by: { $0.key < $1.key }) {
            let quoted = JSONValue.string(label).json
            guard let ref = try await self.reference("textbox \(quoted)", label, on: page) else {
                throw ActionRefused(
                    "The field \(quoted), which the person edited, is not on the page now. Look at it again.")
            }
            _ = try await page.fill(ref, with: value)
        }
    }
}
