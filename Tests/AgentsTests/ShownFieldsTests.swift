import Testing

@testable import Agents

/// What is told of the values that a page sends.
@Suite("Shown fields")
struct ShownFieldsTests {
    @Test(
        "passwords, codes, and card numbers are not told",
        arguments: [
            ("password", "hunter2", "•••"), ("user[password_confirmation]", "hunter2", "•••"), ("cvc", "123", "•••"),
            ("card.cvv", "123", "•••"), ("otp", "998877", "•••"), ("kataLaluan", "rahsia", "•••"),
            ("card", "4111 1111 1111 1111", "•••1111"), ("n", "5500000000000004", "•••0004"),
        ])
    func hidden(name: String, value: String, shown: String) {
        #expect(ShownFields.shown(.init(name: name, value: value), mask: { $0 }).value == shown)
    }

    @Test(
        "other values are told",
        arguments: [
            ("plate", "WXY 1234"), ("passenger", "Aminah"), ("pinned", "true"), ("order", "1234567890123"),
            ("password", ""),
        ])
    func told(name: String, value: String) {
        #expect(ShownFields.shown(.init(name: name, value: value), mask: { $0 }).value == value)
    }

    @Test("what was written into a password field is hidden wherever it is sent")
    func passwords() {
        #expect(ShownFields.hiding(["demo-password"], in: "a=demo-password&b=1") == "a=•••&b=1")
    }
}
