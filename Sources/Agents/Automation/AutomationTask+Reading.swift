import RuntimeProtocol

extension AutomationTask {
    /// What must not be done: as listed, or as the goal says in words.
    var prohibitedActions: Set<ActionKind> { self.forbidden ?? ApprovalPolicy.prohibitedActions(in: self.goal) }

    /// The language to ask in: the person's, or else the task's own.
    var askedIn: UserLanguage { self.language ?? UserLanguage(of: self.goal) }

    /// The task in words, for the model.
    var prompt: String {
        var text = self.goal
        if let startURL, !self.goal.contains(startURL) { text = "open \(startURL), then \(self.goal)" }
        guard let playbook else { return text }
        return "\(text)\n\nFollow these instructions as far as they fit what you see:\n\(playbook)"
    }
}
