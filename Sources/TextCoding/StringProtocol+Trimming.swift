extension StringProtocol where SubSequence == Substring {
    /// Returns the text without the characters at both of its ends for which `isEdge` is `true`.
    package func trimming(while isEdge: (Character) -> Bool) -> Substring {
        let start = self.drop(while: isEdge)
        guard let end = start.lastIndex(where: { !isEdge($0) }) else { return "" }
        return start[...end]
    }

    /// The text without whitespace at both of its ends.
    package var trimmed: String { String(self.trimming(while: \.isWhitespace)) }
}
