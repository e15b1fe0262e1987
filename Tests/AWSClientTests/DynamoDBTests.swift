import AgentEvents
import Logging
import TestSupport
import Testing

@testable import AWSClient

@Suite("DynamoDB")
struct DynamoDBTests {
    @Test(
        "a permanent cancellation reason of a transaction takes precedence over a transient one",
        arguments: [
            (["None", "ConditionalCheckFailed"], .conditionFailed),
            (["ConditionalCheckFailed", "TransactionConflict"], .conditionFailed),
            (["TransactionConflict", "None"], .conflict), (["ThrottlingError"], .throttled),
            (["ProvisionedThroughputExceeded", "None"], .throttled), (["None", "ValidationError"], .validation),
            (["ItemCollectionSizeLimitExceeded"], .validation), ([], .conditionFailed),
        ] as [([String], AWSError.Code)])
    func cancellation(reasons: [String], code: AWSError.Code) {
        let body: JSONValue = [
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": .string("Transaction cancelled, please refer cancellation reasons for specific reasons"),
            "CancellationReasons": .array(reasons.map { ["Code": .string($0)] }),
        ]
        let error = ServiceErrorReader.read(status: 400, body: body.json, subject: "DynamoDB TransactWriteItems") {
            _ in nil
        }
        #expect(error.code == code)
        #expect(error.type == "TransactionCanceledException")
        #expect(error.isTransient == [.conflict, .throttled].contains(code))
    }

    @Test("a call with an incomplete response is retried until the attempts are exhausted")
    func brokenAnswer() async throws {
        try await withPages(["/": .raw(status: 200, contentType: "application/x-amz-json-1.0", body: "{\"It")]) {
            server, address in
            let environment = [
                "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-west-2",
                "AWS_ENDPOINT_URL": address,
            ]
            let client = try AWSClient(
                environment: environment, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            var retries = RetryPolicy()
            retries.maxAttempts = 3
            retries.base = .zero
            let dynamo = DynamoDB(client.retrying(retries))
            let error = await #expect(throws: AWSError.self) { try await dynamo.call("GetItem", [:]) }
            #expect(error?.code == .badAnswer)
            #expect(server.submissions.count == 3)
        }
    }

    @Test(
        "a text is split between characters into parts within the size limit",
        arguments: ["", "a", "abcd", "abcde", "ääääää", "a€b€c€", "𝄞𝄞𝄞", "x𝄞y€zä"])
    func parts(text: String) {
        let parts = text.dynamoParts(of: 4)
        #expect(parts.joined() == text)
        #expect(parts.allSatisfy { $0.utf8.count <= 4 })
        #expect(parts.count <= max(1, text.utf8.count))
        #expect(!parts.isEmpty)
    }
}
