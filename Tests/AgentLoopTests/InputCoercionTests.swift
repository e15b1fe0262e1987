import AgentEvents
import Testing

@testable import AgentLoop

@Suite("Inputs in the wrong type")
struct InputCoercionTests {
    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "text": ["type": "string"], "count": ["type": "integer"], "part": ["type": "number"],
            "isOn": ["type": "boolean"], "all": ["type": "array", "items": ["type": "string"]],
        ],
    ]

    @Test(
        "a value that means the right thing is taken",
        arguments: [
            (["text": 42], ["text": "42"]), (["text": 1.5], ["text": "1.5"]), (["text": true], ["text": "true"]),
            (["count": "7"], ["count": 7]), (["count": 7.0], ["count": 7]), (["part": "0.5"], ["part": 0.5]),
            (["isOn": "True"], ["isOn": true]), (["all": "one"], ["all": ["one"]]), (["all": 3], ["all": ["3"]]),
            ("{\"text\":\"quoted\"}", ["text": "quoted"]),
        ] as [(JSONValue, JSONValue)])
    func converted(input: JSONValue, expected: JSONValue) {
        #expect(InputCoercion.convert(input, to: Self.schema) == expected)
    }

    @Test(
        "what means nothing stays as it is, and so does what fits",
        arguments: [
            ["count": "many"], ["count": 1.5], ["isOn": "maybe"], ["text": ["a"]], ["text": .null], ["all": ["a"]],
            ["other": 1],
            "no object", 7,
        ] as [JSONValue])
    func unchanged(input: JSONValue) { #expect(InputCoercion.convert(input, to: Self.schema) == input) }
}
