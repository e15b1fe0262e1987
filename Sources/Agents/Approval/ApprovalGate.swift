import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import RuntimeProtocol

/// Checks every action that cannot be undone: refuses what the user's request prohibits, and asks the user about the
/// rest. An approval is valid for exactly one action, on a page with exactly the approved content.
struct ApprovalGate: Sendable {
    let policy: ApprovalPolicy
    /// The kinds of action that the user's request prohibits.
    let forbidden: Set<ActionKind>
    /// How long a question waits for its answer.
    let questionTimeout: Duration
    /// The task's goal. Text from it may be sent to the sites that the user named.
    let goal: String
    let places: NamedPlaces
    let seen: CrossOriginDataTracker
    /// What the user has allowed for the rest of the task.
    let allowances: TaskAllowances
    let secrets: SecretStore
    /// The user's language.
    let say: UserLanguage

    /// An action that a tool is about to perform.
    struct Attempt: Sendable {
        var tool: String
        var action: BrowserAction
        var input: JSONValue = [:]
        var ref: String?
        var key: String?
        /// What the model says is drawn where it acts, if the page's elements don't say it.
        var drawn: String?
        /// The files that the page would get.
        var files: [StoredFile] = []
    }

    /// The result of a check that lets an action proceed.
    struct Permission: Sendable {
        /// Whether the user approved the action.
        var isApproved = false
        /// The kind of action that the target announces.
        var kind = ActionKind.look
        var target: ActionTarget?
        /// The kinds of effect that the approval covers; `nil` for all.
        var kinds: Set<ActionKind>?
        /// The values that the user wants in fields instead, by field label.
        var edits: [String: String] = [:]
    }

    /// Checks whether an action may proceed, and returns the permission.
    /// - Throws: ``UserInputRequired`` if the user must be asked, ``ActionRefused`` if the action is not allowed, and
    ///   `BrowserError` if the target is missing.
    func check(_ attempt: Attempt, on page: BrowserPage, _ context: ToolContext) async throws -> Permission {
        var target = try await page.target(of: attempt.ref, key: attempt.key)
        let kind = Self.kind(of: attempt, at: target)
        try Self.checkUpload(attempt, at: target)
        if self.forbidden.contains(kind) {
            throw ActionRefused(
                "The person's request does not allow this (\(kind.rawValue)). Report what you found so far, and leave "
                    + "this to the person.")
        }
        // The page has asked to confirm it, and so the user was asked too.
        let isAsked = context.answers.first?.interrupt.metadata?[Self.dialog]?.string != nil
        switch self.policy.rule(for: kind) {
        case .allow where !isAsked: return Permission(kind: kind, target: target)
        case .ask
        where !isAsked && kind == .credentials && GivenSecrets(secrets: self.secrets).covers(attempt, at: target):
            return Permission(kind: .change, target: target)
        case .deny: throw ActionRefused("The approval policy denies this (\(kind.rawValue)). Leave it to the person.")
        case .allow, .ask: break
        }
        target.context = try await page.context(of: attempt.ref)
        let fingerprint = ActionFingerprint.make(tool: attempt.tool, input: attempt.input, target: target)
        guard let given = context.answers.first else {
            if self.allowances.covers(.init(kind: kind, origin: target.origin)), Self.canLast(kind, target) {
                return Permission(kind: kind, target: target)
            }
            throw UserInputRequired(self.question(attempt, kind, target, fingerprint))
        }
        try Self.checkHandedBack(given)
        guard try given.approves(fingerprint, orSays: self.declined(kind, given.answer)), given.timesHaveRun(to: target)
        else { throw UserInputRequired(self.questionAgain(given, attempt, kind, target, fingerprint)) }
        var permission = Permission(isApproved: true, kind: kind, target: target)
        permission.kinds = Self.kinds(after: given, at: target)
        if case .object(let edits) = given.answer.payload?["edits"] {
            permission.edits = edits.compactMapValues(\.string)
        }
        return permission
    }

    /// Checks that what gets files does nothing else: anything but a file field is clicked, to see if it opens a chooser.
    /// - Throws: ``ActionRefused``.
    private static func checkUpload(_ attempt: Attempt, at target: ActionTarget) throws {
        guard attempt.action == .upload, !target.isUpload else { return }
        let kind = ApprovalPolicy.kind(of: target, action: .click)
        let named = ActionLexicon.kind(of: target.words) ?? .look
        let harmless: Set<ActionKind> = [.look, .change, .upload]
        guard harmless.contains(kind), harmless.contains(named) else {
            throw ActionRefused(
                "\"\(target.name)\" is no place for files: it would do something else (\(harmless.contains(kind) ? named.rawValue : kind.rawValue)). Use the "
                    + "file field, the button that opens a file chooser, or the drop zone.")
        }
    }

    /// Returns the kind of an action. What is drawn announces itself only in the model's words, and where the page
    /// speaks of money, any click on a drawing may cost some.
    static func kind(of attempt: Attempt, at target: ActionTarget) -> ActionKind {
        let kind = ApprovalPolicy.kind(of: target, action: attempt.action)
        guard let drawn = attempt.drawn, [.look, .change].contains(kind) else { return kind }
        if let named = ActionLexicon.kind(of: drawn), !ActionLexicon.isDismissal(drawn) { return named }
        return Money.isNamed(in: target.shown) ? .submit : .change
    }

    /// Returns the message that the user sees after they declined an action.
    func declined(_ kind: ActionKind, _ answer: InterruptAnswer) -> String {
        if answer.isUndecided, let comment = answer.payload?["comment"]?.string {
            return self.say(
                "You have not decided; nothing was done. You said: \"\(comment)\".",
                "Anda belum memutuskan; tiada apa-apa dilakukan. Anda berkata: \"\(comment)\".")
        }
        let words =
            switch kind {
            case .pay: self.say("You declined. Nothing was paid.", "Anda menolak. Tiada bayaran dibuat.")
            case .send: self.say("You declined. Nothing was sent.", "Anda menolak. Tiada apa-apa dihantar.")
            default: self.say("You declined. Nothing was done.", "Anda menolak. Tiada apa-apa dilakukan.")
            }
        guard let comment = answer.payload?["comment"]?.string, !comment.isEmpty else { return words }
        return words + self.say(" You said: \"\(comment)\".", " Anda berkata: \"\(comment)\".")
    }

    /// Checks that the agent may write into a field. Password fields are off limits if the task does not allow entering
    /// credentials.
    ///
    /// - Throws: ``ActionRefused``, `BrowserError`.
    func checkField(_ ref: String, on page: BrowserPage) async throws {
        let isRefused = self.forbidden.contains(.credentials) || self.policy.rule(for: .credentials) == .deny
        guard isRefused, try await page.target(of: ref).isPassword else { return }
        throw ActionRefused("Entering passwords is not allowed in this task. Leave signing in to the person.")
    }

    /// Checks that texts may be sent to a site. The user is asked about text that another site has shown and the task
    /// does not contain. The user is also asked about the task's own numbers and email addresses if a page led to a
    /// site that nobody named.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func checkFlow(of texts: [String], to origin: String, tool: String, _ context: ToolContext) throws {
        let goal = Spelling.letters(of: self.goal)
        let isNamed = self.places.holds(origin)
        let telling = Set(isNamed ? [] : CrossOriginDataTracker.telling(texts))
        let joined = self.seen.write(texts.first ?? "", to: origin)
        for text in texts + joined {
            let isOfTask = CrossOriginDataTracker.holds(goal, Spelling.letters(of: text))
            if isOfTask, !telling.contains(text) { continue }
            let task = self.say("your request", "permintaan anda")
            guard let source = isOfTask ? task : self.seen.origin(of: text, except: origin) else { continue }
            // What the person attached is for the sites that they named.
            if source == CrossOriginDataTracker.userFile, isNamed { continue }
            if self.forbidden.contains(.send) {
                throw ActionRefused(
                    "The person's request does not allow sending this to \(origin). Leave it out, and report that.")
            }
            switch self.policy.rule(for: .send) {
            case .allow: continue
            case .deny:
                throw ActionRefused("Text from \(source) must not be sent to \(origin). Leave this to the person.")
            case .ask: break
            }
            let shown: JSONValue = ["text": .string(text), "from": .string(source), "origin": .string(origin)]
            let target = ActionTarget(role: "text", name: text, origin: origin)
            let fingerprint = ActionFingerprint.make(tool: tool, input: shown, target: target)
            if let given = context.answers.first,
                try given.approves(fingerprint, orSays: self.declined(.send, given.answer))
            {
                continue
            }
            let question = self.question(
                self.say(
                    "May I send this text from \(source) to \(origin): \"\(text.prefix(300))\"? (send)",
                    "Bolehkah saya hantar teks ini dari \(source) ke \(origin): \"\(text.prefix(300))\"? (send)"),
                .send,
                fingerprint, ["tool": .string(tool), "from": .string(source), "origin": .string(origin)])
            throw UserInputRequired(context.answers.first?.granted(question) ?? question)
        }
    }

    func question(
        _ attempt: Attempt, _ kind: ActionKind, _ target: ActionTarget, _ fingerprint: String, note: String = "",
        dialog: String? = nil
    ) -> Interrupt {
        let name = Self.plain(target.name)
        var what = "\(target.role.isEmpty ? target.tag : target.role) \"\(name)\""
        // The accessible name may differ from the text that users see.
        if !target.text.isEmpty, !target.name.contains(target.text) { what += " (\"\(target.text)\")" }
        if let drawn = attempt.drawn { what += ", " + self.say("which shows", "yang memaparkan") + " \"\(drawn)\"" }
        let doing =
            switch attempt.action {
            case .press:
                self.say(
                    "press \(attempt.key ?? "a key") in the \(what)", "menekan \(attempt.key ?? "kekunci") di \(what)")
            case .upload:
                self.say(
                    "upload \(Self.names(attempt.files)) with the \(what)",
                    "memuat naik \(Self.names(attempt.files)) dengan \(what)")
            case .fillSecret: self.say("enter your secret in the \(what)", "mengisi rahsia anda ke dalam \(what)")
            default: self.say("\(attempt.action.rawValue) the \(what)", "menekan \(what)")
            }
        var question = self.question(
            note
                + self.say(
                    "May I \(doing) on \(target.origin)? (\(kind.rawValue))",
                    "Bolehkah saya \(doing) di \(target.origin)? (\(kind.rawValue))")
                + self.amounts(beside: what, kind, target) + (dialog.map { " " + self.asks($0) } ?? ""), kind,
            fingerprint,
            ShownTarget(target).metadata.merging([
                "tool": .string(attempt.tool), "origin": .string(target.origin), "role": .string(target.role),
                "times": .array(ShownTimes.all(in: target.surroundings).prefix(100).map { .string($0) }),
                "askedAt": .integer(Int(Date().timeIntervalSince1970)),
                "files": .array(attempt.files.compactMap { try? JSONValue(encoding: $0) }),
            ]) { $1 }, canLast: dialog == nil && Self.canLast(kind, target))
        if let dialog { question.add(Self.dialog, .string(dialog)) }
        return question
    }

    /// Returns the few amounts on a page with a payment whose button names none, because some frontends show the message
    /// alone.
    private func amounts(beside button: String, _ kind: ActionKind, _ target: ActionTarget) -> String {
        let shown = target.context?.amounts ?? []
        guard kind == .pay, (1...3).contains(shown.count), !shown.contains(where: { button.contains($0) }) else {
            return ""
        }
        let amounts = shown.joined(separator: ", ")
        return " " + self.say("The page shows \(amounts).", "Halaman ini memaparkan \(amounts).")
    }

    /// Returns a page's text without characters that turn the direction of the writing that follows.
    static func plain(_ text: String) -> String {
        text.filter { !$0.unicodeScalars.contains { $0.properties.generalCategory == .format } }
    }

    private static func names(_ files: [StoredFile]) -> String {
        files.map { "\"\($0.name)\"" }.joined(separator: ", ")
    }

    func question(
        _ message: String, _ kind: ActionKind, _ fingerprint: String, _ details: [String: JSONValue],
        canLast: Bool = false
    ) -> Interrupt {
        let mark: [String: JSONValue] = ["fingerprint": .string(fingerprint), "kind": .string(kind.rawValue)]
        var properties: [String: JSONValue] = [
            "approved": ["type": "boolean", "description": "Whether it may be done."],
            "comment": ["type": "string", "description": "What the agent shall know, or do instead."],
            "edits": ["type": "object", "description": "What shall stand in fields instead, by their labels."],
        ]
        if canLast {
            properties[Self.forTask] = [
                "type": "boolean", "description": "Whether the rest of the task may do such on this site unasked.",
            ]
        }
        return Interrupt(
            reason: .confirmation, message: message,
            responseSchema: ["type": "object", "properties": .object(properties), "required": ["approved"]],
            expiresAt: Date() + TimeInterval(self.questionTimeout.components.seconds),
            metadata: .object(details.merging(mark) { $1 }))
    }
}

extension Interrupt {
    /// Adds a member to the metadata.
    mutating func add(_ name: String, _ value: JSONValue) {
        guard case .object(var members) = self.metadata else { return }
        members[name] = value
        self.metadata = .object(members)
    }

    /// The questions that the user was asked earlier in the same call.
    var textsRead: [String] { self.metadata?["read"]?.array?.compactMap(\.string) ?? [] }
}

extension AnsweredInterrupt {
    /// Returns whether the user approved exactly this action.
    /// - Parameter words: The message for the user if they declined.
    /// - Throws: ``ActionRefused`` if the user did not approve anything.
    func approves(_ fingerprint: String, orSays words: String) throws -> Bool {
        if self.answer.isUndecided {
            throw ActionRefused(
                "The person was asked, and has not decided.\(self.answer.remark) Nothing was done. Take that into account. "
                    + "If this is still to be done, do the same again: they are asked again.", words: words)
        }
        guard self.isApproved else {
            throw ActionRefused(
                "The person was asked and declined this.\(self.answer.remark) Do not try it again: continue without it, or "
                    + "report what you have so far.", words: words)
        }
        return self.grants.contains(fingerprint)
    }

    /// Whether this is a confirmation that the user did not approve.
    var isDeclined: Bool { self.interrupt.reason == .confirmation && !self.isApproved }

    /// The fingerprints of what the user has approved in this call so far.
    private var grants: [String] {
        let earlier = self.interrupt.metadata?["granted"]?.array?.compactMap(\.string) ?? []
        return earlier + [self.interrupt.metadata?["fingerprint"]?.string ?? ""]
    }

    /// Returns a further question of the same call that keeps the earlier approvals.
    func granted(_ question: Interrupt) -> Interrupt {
        guard case .object(var metadata) = question.metadata else { return question }
        metadata["granted"] = .array(self.grants.map { .string($0) })
        metadata["read"] = .array((self.interrupt.textsRead + [self.interrupt.message]).map { .string($0) })
        for key in ["times", "askedAt", ApprovalGate.dialog] {
            metadata[key] = metadata[key] ?? self.interrupt.metadata?[key]
        }
        var question = question
        question.metadata = .object(metadata)
        return question
    }
}

/// An error for an action that is not allowed.
struct ActionRefused: Error, CustomStringConvertible, DeclinedByPerson {
    let description: String
    /// The message for the user; present only if they declined the action.
    let words: String?

    init(_ description: String, words: String? = nil) {
        self.description = description
        self.words = words
    }
}
