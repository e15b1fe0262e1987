import PageText

/// Finds the control of a step on a page: the one that a person would mean, or none.
///
/// The role, the name, and the number of such controls are what a control is; its section and its row tell it from others
/// of its name. Everything else of a page may change. So nothing is weighed, and no control is ever the likeliest one.
struct ControlMatcher {
    enum Result: Equatable {
        case found(SnapshotText.Control)
        /// It is there, and can't be used yet.
        case disabled
        /// There is none of this role and name where it should be.
        case missing
        /// There are others of this role and name than were recorded.
        case ambiguous(Int)
    }

    let view: SnapshotText

    /// - Parameter anchor: The control, with the values of its parameters.
    func find(_ anchor: Recipe.Anchor) -> Result {
        let named = self.view.controls.filter {
            $0.role == anchor.role && Self.isNamed($0.name, anchor.name)
        }
        guard !named.isEmpty else { return .missing }
        let placed = named.filter { control in
            anchor.section.map { Self.plain($0) == Self.plain(control.section ?? "") } ?? true
                && anchor.dialog.map { Self.plain($0) == Self.plain(control.dialog ?? "") } ?? true
                && anchor.row.map { Self.plain($0) == Self.plain(control.row ?? "") } ?? true
        }
        // The number of rows changes from day to day; that of a row's buttons doesn't.
        if anchor.row == nil, named.count != anchor.of ?? 1 { return .ambiguous(named.count) }
        if let nth = anchor.nth, placed.indices.contains(nth - 1) { return .found(placed[nth - 1]) }
        guard let control = placed.first else { return .missing }
        guard placed.count == 1 else { return .ambiguous(placed.count) }
        // What stands in quotation marks is a value.
        let states = control.state.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        return states.contains { $0.contains("disabled") } ? .disabled : .found(control)
    }

    /// Whether a control has a name, in which `{}` stands for a number: an amount is asked about, and isn't a name.
    static func isNamed(_ name: String, _ wanted: String) -> Bool {
        let (name, wanted) = (self.plain(name), self.plain(wanted))
        guard let mark = wanted.firstRange(of: "{}") else { return name == wanted }
        let (start, end) = (wanted[..<mark.lowerBound], wanted[mark.upperBound...])
        guard name.hasPrefix(start), name.hasSuffix(end), name.count > start.count + end.count else { return false }
        return name.dropFirst(start.count).dropLast(end.count).allSatisfy { $0.isNumber || ".,".contains($0) }
    }

    /// Names are equal whatever their case and spaces, and the marks with which pages decorate labels.
    static func plain(_ text: some StringProtocol) -> String {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return String(words.reversed().drop { ":*… ".contains($0) }.reversed())
    }
}
