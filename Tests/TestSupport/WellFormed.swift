package import AgentEvents
package import Testing

/// Expects what clients of AG-UI verify of a stream: nothing is begun twice, nothing goes on that has not begun or has
/// ended, and at the end nothing is open. Steps are told apart by their names.
package func expectWellFormed(_ events: [AgentEvent], sourceLocation: SourceLocation = #_sourceLocation) {
    var open: Set<String> = []
    var results: Set<String> = []
    for event in events {
        switch event {
        case .textMessageStart(let start): begin("text \(start.messageId)")
        case .textMessageContent(let content): expectOpen("text \(content.messageId)")
        case .textMessageEnd(let end): finish("text \(end.messageId)")
        case .toolCallStart(let start): begin("call \(start.toolCallId)")
        case .toolCallArgs(let arguments): expectOpen("call \(arguments.toolCallId)")
        case .toolCallEnd(let end): finish("call \(end.toolCallId)")
        case .stepStarted(let step): begin("step \(step.stepName)")
        case .stepFinished(let step): finish("step \(step.stepName)")
        case .toolCallResult(let result):
            #expect(
                results.insert(result.messageId).inserted, "two results \(result.messageId)",
                sourceLocation: sourceLocation)
        case .runStarted, .runFinished, .runError, .stateSnapshot, .custom: break
        }
    }
    #expect(open.isEmpty, "still open at the end", sourceLocation: sourceLocation)

    func begin(_ part: String) {
        #expect(open.insert(part).inserted, "\(part) begins twice", sourceLocation: sourceLocation)
    }
    func expectOpen(_ part: String) {
        #expect(open.contains(part), "\(part) is not open", sourceLocation: sourceLocation)
    }
    func finish(_ part: String) {
        #expect(open.remove(part) != nil, "\(part) ends and is not open", sourceLocation: sourceLocation)
    }
}
