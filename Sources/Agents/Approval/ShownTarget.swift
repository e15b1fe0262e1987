import AgentEvents
import BrowserAutomation
import FoundationEssentials

/// What the user is shown of an action's target. It is stored with the question so that later changes can be reported.
struct ShownTarget: Sendable, Hashable {
    var name: String
    var url: String
    /// The address that the target's form submits to.
    var sending: String
    /// The name of the form's submit button.
    var submitter: String
    /// The form's fields, each with its label and its value.
    var fields: [[String]]
    /// The text around the target.
    var about: String
    /// What the page shows beside it; `nil` in a question of an earlier version.
    var context: ActionTarget.Context?

    private static let mostAbout = 2000

    init(_ target: ActionTarget) {
        self.name = target.name
        self.url = target.url
        self.sending = target.form?.action ?? ""
        self.submitter = target.form?.submitter ?? ""
        self.fields = target.form?.fields ?? []
        self.about = String(target.surroundings.prefix(Self.mostAbout))
        self.context = target.context
    }

    /// - Parameter metadata: A question's metadata. The result is `nil` if the question was not about a target.
    init?(_ metadata: JSONValue?) {
        guard let metadata, let about = metadata["about"]?.string else { return nil }
        self.about = about
        self.context = try? metadata["context"]?.decode(ActionTarget.Context.self)
        self.name = metadata["name"]?.string ?? ""
        self.url = metadata["url"]?.string ?? ""
        self.sending = metadata["sending"]?.string ?? ""
        self.submitter = metadata["submitter"]?.string ?? ""
        self.fields = (metadata["fields"]?.array ?? []).map { $0.array?.compactMap(\.string) ?? [] }
    }

    var metadata: [String: JSONValue] {
        [
            "name": .string(self.name), "url": .string(self.url), "sending": .string(self.sending),
            "submitter": .string(self.submitter),
            "fields": .array(self.fields.map { .array($0.map { .string($0) }) }), "about": .string(self.about),
            "context": self.context.flatMap { try? JSONValue(encoding: $0) } ?? .null,
        ]
    }

    /// Returns the differences, each with the earlier and the current text.
    func changes(to now: ShownTarget) -> [(before: String, after: String)] {
        var changes: [(before: String, after: String)] = []
        // A button's name can appear in several of the compared values.
        func compare(_ before: String, _ after: String) {
            guard before != after, !changes.contains(where: { $0 == (before, after) }) else { return }
            changes.append((before, after))
        }
        func compareFields(_ earlier: [[String]], _ later: [[String]]) {
            guard earlier.map(\.first) == later.map(\.first) else {
                return compare(Self.list(earlier), Self.list(later))
            }
            for (before, after) in zip(earlier, later) {
                compare(before.joined(separator: ": "), after.joined(separator: ": "))
            }
        }
        compare(self.name, now.name)
        compare(self.submitter, now.submitter)
        compareFields(self.fields, now.fields)
        let (before, after) = Self.difference(self.about, now.about)
        compare(before, after)
        compare(self.url, now.url)
        compare(self.sending, now.sending)
        guard let before = self.context, let after = now.context else { return changes }
        compareFields(before.controls, after.controls)
        let lead = Self.difference(before.lead, after.lead)
        compare(lead.0, lead.1)
        guard let money = Self.change(of: before.amounts, to: after.amounts),
            !changes.contains(where: { $0.before.contains(money.before) && $0.after.contains(money.after) })
        else { return changes }
        return [money] + changes
    }

    /// Returns the amounts that are gone and those that are new; `nil` if there are none. Those behind a hash have no names.
    private static func change(of before: [String], to after: [String]) -> (before: String, after: String)? {
        guard before != after else { return nil }
        func only(in amounts: [String], without others: [String]) -> String {
            amounts.filter { !others.contains($0) && !$0.hasPrefix("…") }.joined(separator: ", ")
        }
        let (gone, new) = (only(in: before, without: after), only(in: after, without: before))
        guard gone.isEmpty, new.isEmpty else { return (gone, new) }
        // The same amounts at other places.
        return (before.joined(separator: ", "), after.joined(separator: ", "))
    }

    private static func list(_ fields: [[String]]) -> String {
        fields.map { $0.joined(separator: ": ") }.joined(separator: "; ")
    }

    /// Returns the words in which two texts differ, with the two words before them.
    private static func difference(_ before: String, _ after: String) -> (String, String) {
        guard before != after else { return ("", "") }
        let (old, new) = (before.split(separator: " "), after.split(separator: " "))
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        func words(_ all: [Substring]) -> String {
            let last = min(all.count - end, start + 12)
            return all[max(0, start - 2)..<max(last, start)].joined(separator: " ")
        }
        return (words(old), words(new))
    }
}
