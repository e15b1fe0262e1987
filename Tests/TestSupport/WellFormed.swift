package import AgentEvents
package import Testing

/// Expects what clients of AG-UI verify of a stream: nothing is begun twice, nothing goes on that has not begun or has
/// ended, and at the end nothing is open. Steps of one agent are told apart by their names.
package func expectWellFormed(_ events: [AgentEvent], sourceLocation: SourceLocation = #_sourceLocation) {
    var open: Set<AgentEvent.Part> = []
    var results: Set<String> = []
    for event in events {
        switch event.partChange {
        case .opens(let part):
            #expect(open.insert(part).inserted, "\(part) begins twice", sourceLocation: sourceLocation)
        case .continues(let part):
            #expect(open.contains(part), "\(part) is not open", sourceLocation: sourceLocation)
        case .closes(let part):
            #expect(open.remove(part) != nil, "\(part) ends and is not open", sourceLocation: sourceLocation)
        case nil: break
        }
        if case .toolCallResult(let result) = event {
            #expect(
                results.insert(result.messageId).inserted, "two results \(result.messageId)",
                sourceLocation: sourceLocation)
        }
    }
    #expect(open.isEmpty, "still open at the end", sourceLocation: sourceLocation)
}
