import AgentEvents
import AgentLoop
import Foundation
import TestSupport
import Testing

@testable import Models

@Suite("Model in files", .timeLimit(.minutes(15)))
struct FilesModelTests {
    private static let call = ToolCall(id: "1", name: "look", input: [:])
    private static let request = ModelRequest(
        system: "Be good.",
        messages: [
            .user("Do it."), Message(role: .assistant, content: [.toolCall(Self.call)]),
            Message(role: .user, content: [.toolResult(.init(callID: "1", text: "Seen.", isError: true))]),
        ],
        tools: [.init(name: "look", description: "Looks.", inputSchema: ["type": "object"])])

    @Test("a question is a file, and its answer another")
    func turn() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let model = FilesModel(directory: directory.path)
        async let events: [ModelEvent] = {
            var events: [ModelEvent] = []
            for try await event in model.turn(Self.request) { events.append(event) }
            return events
        }()
        let question = directory.appending(path: "0001-question.md")
        try await eventually { FileManager.default.fileExists(atPath: question.path) }
        let text = try String(contentsOf: question, encoding: .utf8)
        for part in ["Be good.", "- look: Looks.", "# User\n\nDo it.", "# Failure of look\n\nSeen."] {
            #expect(text.contains(part))
        }
        let answer = #"{"text": "I look.", "calls": [{"name": "look", "input": {"ref": "e1"}}]}"#
        try Data(answer.utf8).write(to: directory.appending(path: "0001-answer.json"), options: .atomic)
        #expect(
            try await events == [
                .text("I look."), .toolCallStart(id: "turn1call0", name: "look"),
                .toolCallInput(id: "turn1call0", delta: #"{"ref":"e1"}"#), .stop(.toolUse),
            ])
    }

    @Test("a later question has only what is new")
    func later() {
        let text = FilesModel.text(of: Self.request, from: 2)
        #expect(text == "# Failure of look\n\nSeen.\n")
    }

    @Test("an answer without calls ends the turn, and one that is no JSON is refused")
    func answers() throws {
        #expect(
            try FilesModel.events(in: Data(#"{"text": "Done."}"#.utf8), turn: 1) == [.text("Done."), .stop(.endTurn)])
        let error = #expect(throws: ModelError.self) { try FilesModel.events(in: Data("Done.".utf8), turn: 7) }
        #expect(error?.message.contains("question 7") == true)
    }
}
