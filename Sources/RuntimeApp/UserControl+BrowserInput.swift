import BrowserAutomation
import RuntimeProtocol

extension UserControl {
    /// Performs the user's input in the browser.
    func perform(_ input: BrowserInput) async throws {
        switch input {
        case .mouse(.move, let x, let y, let button, _):
            try await self.send(.mouseMoved(x: x, y: y, held: button.map(UserInput.Button.init)))
        case .mouse(.down, let x, let y, let button, let clicks):
            try await self.send(.mousePressed(x: x, y: y, button: .init(button ?? .left), clicks: clicks))
        case .mouse(.up, let x, let y, let button, let clicks):
            try await self.send(.mouseReleased(x: x, y: y, button: .init(button ?? .left), clicks: clicks))
        case .wheel(let x, let y, let deltaX, let deltaY):
            try await self.send(.wheel(x: x, y: y, deltaX: deltaX, deltaY: deltaY))
        case .key(let key): try await self.send(.key(key))
        case .text(let text): try await self.send(.text(text))
        case .dialog(let accept, let text): try self.answerDialog(accept ? .accept(text: text) : .dismiss)
        case .navigate(let url): try await self.navigate(to: url)
        case .back: try await self.goThroughHistory(by: -1)
        case .forward: try await self.goThroughHistory(by: 1)
        case .reload: try await self.reload()
        case .tab(let id): try await self.switchTo(tab: id)
        }
    }
}

extension UserInput.Button {
    fileprivate init(_ button: BrowserInput.Button) {
        switch button {
        case .left: self = .left
        case .middle: self = .middle
        case .right: self = .right
        }
    }
}
