import AgentEvents

/// What is at a point of the window.
public struct PointTarget: Sendable, Hashable {
    /// The reference of the element.
    public var reference: String
    /// Whether it is a control, which is clicked like any other. If not, the exact point matters, as in a drawing.
    public var isControl: Bool
    /// The role of a control, or the name of another HTML element.
    public var role: String
    /// The accessible name.
    public var name: String
    /// The distance of the point from the element's upper left corner, in CSS pixels.
    public var x: Double
    public var y: Double
}

/// What decides where things are in the window: the document, how far it is scrolled, and the window's size in CSS pixels.
public struct ViewState: Sendable, Hashable {
    /// The document's id; another page has another.
    public var document: String?
    /// How far the page is scrolled to the right.
    public var scrollX: Int
    /// How far the page is scrolled down.
    public var scrollY: Int
    /// The width of the window.
    public var width: Int
    /// The height of the window.
    public var height: Int
}

/// How to click.
public enum ClickKind: String, Sendable, CaseIterable, Codable {
    /// Once, with the left mouse button.
    case single
    /// Twice in quick succession.
    case double
    /// With the right mouse button, which opens a context menu.
    case right

    var button: String { self == .right ? "right" : "left" }
    var buttons: Int { self == .right ? 2 : 1 }
    var count: Int { self == .double ? 2 : 1 }
    var summary: String {
        switch self {
        case .single: "Clicked"
        case .double: "Double-clicked"
        case .right: "Right-clicked"
        }
    }
}

extension BrowserPage {
    private struct Found: Decodable {
        var ref: String?
        var isControl: Bool?
        var role: String?
        var name: String?
        var frame: String?
        var x: Double?
        var y: Double?
    }

    /// Returns what is at a point of the window.
    /// - Parameters:
    ///   - x: The distance from the left edge, in CSS pixels.
    ///   - y: The distance from the upper edge.
    /// - Returns: The control there, or else the element.
    /// - Throws: ``BrowserError`` with code `invalidValue` if the point is outside of the window or nothing is there.
    public func element(atX x: Double, y: Double) async throws -> PointTarget {
        try await self.asAgent {
            var path = FramePath.main
            var (left, top) = (x, y)
            while true {
                let found = try await self.call("elementAt", [.number(left), .number(top)], in: path, as: Found.self)
                if let frame = found.frame, let x = found.x, let y = found.y {
                    path = path.appending(frame)
                    (left, top) = (x, y)
                    continue
                }
                guard let ref = found.ref else {
                    throw BrowserError(.invalidValue, "Nothing is at (\(Int(x)), \(Int(y))) of the window.")
                }
                return PointTarget(
                    reference: path.prefix + ref, isControl: found.isControl ?? false, role: found.role ?? "",
                    name: found.name ?? "", x: found.x ?? 0, y: found.y ?? 0)
            }
        }
    }

    /// Returns what decides where things are in the window.
    /// - Returns: The state. It differs from that of a picture once what the picture shows is no longer where it was.
    /// - Throws: ``BrowserError``.
    public func viewState() async throws -> ViewState {
        try await self.asAgent {
            let numbers = try await self.call("viewState", as: [Int].self)
            guard numbers.count == 4 else { throw BrowserError(.protocolFailure, "The page's view has no position.") }
            return ViewState(
                document: self.documentID, scrollX: numbers[0], scrollY: numbers[1], width: numbers[2],
                height: numbers[3])
        }
    }

    /// Clicks a point of an element, such as a place on a map.
    /// - Parameters:
    ///   - target: The point, from ``element(atX:y:)``.
    ///   - kind: How to click.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func click(_ target: PointTarget, _ kind: ClickKind = .single) async throws -> ActionReport {
        try await self.asAgent {
            try await self.click(target.reference, kind, at: target.isControl ? nil : (target.x, target.y))
        }
    }

    /// Drags from a point of an element to a point of another, such as a line in a drawing.
    /// - Parameters:
    ///   - source: The point to begin at, from ``element(atX:y:)``.
    ///   - target: The point to end at.
    /// - Returns: A report of what happened.
    /// - Throws: The same errors as ``click(_:)``.
    public func drag(_ source: PointTarget, to target: PointTarget) async throws -> ActionReport {
        try await self.asAgent {
            try await self.drag(
                source.reference, at: (source.x, source.y), to: target.reference, at: (target.x, target.y))
        }
    }

    /// Selects a text.
    /// - Parameters:
    ///   - text: The text, which may span several elements.
    ///   - reference: The element that contains it; the whole page if `nil`.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `staleReference`, or `invalidValue` if the text is not there.
    public func selectText(_ text: String, in reference: String? = nil) async throws -> ActionReport {
        try await self.asAgent {
            let element = try reference.map { try ElementReference($0) }
            let before = self.beginAction()
            let prepared = try await self.attempt { _ in
                try await self.call(
                    "selectText", [.string(text), element.map { .string($0.id) } ?? .null], in: element?.path ?? .main,
                    as: Preparation.self)
            }
            try await self.settle(after: before)
            return try await self.report("Selected \(JSONValue.string(prepared.value ?? "").json)")
        }
    }
}
