public import AgentEvents
public import BrowserAutomation
import Crypto
import FoundationEssentials
import TextCoding

/// Identifies the action that an approval covers: one action on one element of a page, with its form as filled in.
public struct ActionFingerprint {
    /// Returns the SHA-256 digest, in hexadecimal digits, of what the user is asked to approve.
    ///
    /// The digest excludes times in the text around the element, because clocks run; ``ShownTimes`` compares those. It
    /// also excludes the values of hidden fields that change with each form, such as CSRF tokens.
    /// - Parameter input: The tool's input. Its element reference is excluded, because a new snapshot may assign
    ///   another one.
    public static func make(tool: String, input: JSONValue, target: ActionTarget) -> String {
        var input = input
        if case .object(var members) = input {
            members["ref"] = nil
            input = .object(members)
        }
        let action: JSONValue = [
            "tool": .string(tool), "input": input, "role": .string(target.role), "name": .string(target.name),
            "text": .string(target.text),
            "origin": .string(target.origin), "url": .string(target.url),
            "surroundings": .string(ShownTimes.none(in: target.surroundings)),
            "details": .string(target.details), "context": target.context.map(self.value) ?? .null,
            "form": target.form.map(self.value) ?? .null,
        ]
        return SHA256.digits(of: action.json)
    }

    private static func value(of context: ActionTarget.Context) -> JSONValue {
        [
            "amounts": .array(context.amounts.map { .string($0) }), "lead": .string(ShownTimes.none(in: context.lead)),
            "leadDetails": .string(context.leadDetails),
            "controls": .array(context.controls.map { .array($0.map { .string($0) }) }),
        ]
    }

    private static func value(of form: ActionTarget.Form) -> JSONValue {
        [
            "method": .string(form.method), "action": .string(form.action),
            "submitter": form.submitter.map { .string($0) } ?? .null, "hasPassword": .bool(form.hasPassword),
            "hasPayment": .bool(form.hasPayment), "isSearch": .bool(form.isSearch),
            "hidden": .array(form.hidden.map { .array(self.lasting($0).map { .string($0) }) }),
            "fields": .array(form.fields.map { .array($0.map { .string($0) }) }),
        ]
    }

    private static func lasting(_ hidden: [String]) -> [String] {
        guard hidden.count == 2 else { return hidden }
        let field = RequestFields.Field(name: hidden[0], value: hidden[1])
        return field.isToken ? [field.name] : hidden
    }
}

extension SHA256 {
    /// Returns the digest of a text in hexadecimal digits.
    static func digits(of text: String) -> String {
        self.hash(data: Array(text.utf8)).hexadecimal
    }
}
