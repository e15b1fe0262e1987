import AgentEvents
import PageText
import Synchronization

/// What the model has been shown of a page: the roles and labels of the elements in its snapshots, by reference, and the
/// newest picture. It outlives a question to the user.
final class ElementLabels: Sendable {
    private struct State {
        /// The controls, by reference.
        var controls: [String: SnapshotText.Control] = [:]
        /// The controls of the newest view.
        var view: [SnapshotText.Control] = []
        var heading: String?
        var address: String?
    }

    private let state = Mutex(State())
    /// The newest picture of the window.
    let picture = LastPicture()
    /// The tool arguments that hold an element reference.
    private static let arguments = ["ref", "from", "to"]

    /// The first heading of the newest view.
    var heading: String? { self.state.withLock { $0.heading } }

    /// Records the elements in the lines of a snapshot, such as `*[e5] button "Check" (disabled)`.
    ///
    /// - Parameter address: The address of the page; `nil` if the lines are only a part of it.
    func note(_ lines: [String], at address: String? = nil) {
        let view = SnapshotText(lines: lines.map { $0[...] })
        self.state.withLock { state in
            for control in view.controls { state.controls[control.ref] = control }
            guard let address else { return }
            state.address = address
            state.heading = view.heading
            state.view = view.controls
        }
    }

    /// The control with this reference, as it was shown.
    func control(_ reference: String) -> SnapshotText.Control? { self.state.withLock { $0.controls[reference] } }

    /// Returns the step with the elements that it refers to and the address of the page that it acts on.
    func describe(_ step: ToolStep) -> ToolStep {
        var step = step
        self.state.withLock { state in
            step.address = state.address
            var elements: [String: ToolStep.Element] = [:]
            for argument in Self.arguments {
                guard let reference = step.input[argument]?.string, let control = state.controls[reference] else {
                    continue
                }
                elements[argument] = Self.element(control, among: state.view)
            }
            if !elements.isEmpty { step.elements = elements }
        }
        return step
    }

    /// Returns an element with what tells it from others of its name.
    private static func element(
        _ control: SnapshotText.Control, among view: [SnapshotText.Control]
    ) -> ToolStep.Element {
        var element = ToolStep.Element(
            role: control.role, label: control.name, hint: control.hint, section: control.section,
            dialog: control.dialog)
        let named = view.filter { $0.role == control.role && $0.name == control.name }
        guard named.count > 1 else { return element }
        element.of = named.count
        let near = named.filter { $0.section == control.section }
        guard near.count > 1 else { return element }
        element.inSection = near.count
        if near.count(where: { $0.row == control.row }) == 1 {
            element.row = control.row
        } else {
            element.nth = named.firstIndex { $0.ref == control.ref }.map { $0 + 1 }
        }
        return element
    }
}
