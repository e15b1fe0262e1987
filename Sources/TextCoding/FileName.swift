/// Names of files that others chose, made safe to show and to save under.
package enum FileName {
    private static let mostBytes = 120
    /// Names that mean devices on Windows, whatever their ending.
    private static let devices = Set(
        ["con", "prn", "aux", "nul", "conin$", "conout$"]
            + "123456789¹²³".flatMap { ["com\($0)", "lpt\($0)"] })

    /// Returns the last part of a path without what misleads or harms: control and direction characters, and dots and
    /// spaces at its ends.
    package static func safe(_ suggested: String) -> String {
        let last = suggested.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        var kept = String.UnicodeScalarView()
        kept.append(contentsOf: last.unicodeScalars.filter { !self.misleads($0) })
        var name = self.trimmed(String(kept))
        if name.utf8.count > self.mostBytes { name = self.shortened(name) }
        let base = name.prefix { $0 != "." && !$0.isWhitespace }.lowercased()
        if self.devices.contains(base) { name = "_" + name }
        return name.isEmpty ? "file" : name
    }

    /// Returns a name that none of `taken` has, ignoring case.
    package static func unique(_ name: String, among taken: [String]) -> String {
        let known = Set(taken.map { $0.lowercased() })
        guard known.contains(name.lowercased()) else { return name }
        let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 } ?? name.endIndex
        let free = (2...).lazy.map { "\(name[..<dot]) (\($0))\(name[dot...])" }
            .first { !known.contains($0.lowercased()) }
        return free ?? name
    }

    private static func misleads(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Format characters include those that turn the direction of text: "gpj.exe" could be shown as "exe.jpg".
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
        default: "<>:\"|?*".unicodeScalars.contains(scalar)
        }
    }

    private static func trimmed(_ name: String) -> String {
        String(name[...].trimming { $0 == "." || $0.isWhitespace })
    }

    /// Cuts a name before its ending; one whose ending is long itself, at its end.
    private static func shortened(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex, name[dot...].utf8.count < self.mostBytes / 2
        else { return String(name.prefix(utf8: self.mostBytes)) }
        return String(name[..<dot].prefix(utf8: self.mostBytes - name[dot...].utf8.count)) + name[dot...]
    }
}
