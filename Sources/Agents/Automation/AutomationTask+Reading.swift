import RuntimeProtocol

extension AutomationTask {
    /// The actions that the task prohibits: the explicit list, or else the prohibitions parsed from the goal.
    var prohibitedActions: Set<ActionKind> { self.forbidden ?? ApprovalPolicy.prohibitedActions(in: self.goal) }

    /// The language for questions: the user's, or else the language of the goal.
    var askedIn: UserLanguage { self.language ?? UserLanguage(of: self.goal) }

    /// The task as a prompt for the model.
    var prompt: String {
        var text = self.goal
        if let startURL, !self.goal.contains(startURL) { text = "open \(startURL), then \(self.goal)" }
        guard let playbook else { return text }
        return "\(text)\n\nFollow these instructions as far as they fit what you see:\n\(playbook)"
    }
}
