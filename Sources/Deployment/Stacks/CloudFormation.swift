import AWSClient
import FoundationEssentials
import NIOCore

/// The CloudFormation API for stacks.
struct CloudFormation: Sendable {
    /// The current state of a stack.
    struct Stack: Sendable {
        var status: String
        var reason: String
        var parameters: [String: String]
        var outputs: [String: String]

        var isBusy: Bool { self.status.hasSuffix("_IN_PROGRESS") }
        /// Whether the stack's creation failed. Such a stack can only be deleted.
        var isStillborn: Bool { ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"].contains(self.status) }
        /// Whether the last operation succeeded.
        var isWell: Bool { ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(self.status) }
    }

    private let client: AWSClient

    init(_ client: AWSClient) { self.client = client }

    /// Fetches a stack; `nil` if it doesn't exist.
    func stack(_ name: String) async throws -> Stack? {
        let answer: XMLElement
        do {
            answer = try await self.call("DescribeStacks", [("StackName", name)])
        } catch let error as AWSError where error.type == "ValidationError" && error.message.contains("does not exist")
        {
            return nil
        }
        guard let stack = answer.members("Stacks").first, let status = stack["StackStatus"]?.text,
            status != "DELETE_COMPLETE"
        else { return nil }
        return Stack(
            status: status, reason: stack["StackStatusReason"]?.text ?? "",
            parameters: Self.pairs(stack.members("Parameters"), "ParameterKey", "ParameterValue"),
            outputs: Self.pairs(stack.members("Outputs"), "OutputKey", "OutputValue"))
    }

    /// The stack's current template, as submitted.
    func template(_ name: String) async throws -> String {
        try await self.call("GetTemplate", [("StackName", name), ("TemplateStage", "Original")])["TemplateBody"]?.text
            ?? ""
    }

    /// Creates or updates a stack.
    /// - Parameter isNew: Whether to create it.
    func put(
        _ name: String, isNew: Bool, template: String, parameters: [String: String], tags: [String: String]
    ) async throws {
        do {
            _ = try await self.call(
                isNew ? "CreateStack" : "UpdateStack",
                [
                    ("StackName", name), ("TemplateBody", template), ("Capabilities.member.1", "CAPABILITY_IAM"),
                    // Makes retries idempotent.
                    ("ClientRequestToken", UUID().uuidString),
                ]
                    + Self.members("Parameters", parameters, "ParameterKey", "ParameterValue")
                    + Self.members("Tags", tags, "Key", "Value"))
        } catch let error as AWSError where error.type == "ValidationError" && error.message.contains("No updates") {
            // Templates that differ only in comments describe the same stack, and CloudFormation refuses the update.
        }
    }

    func delete(_ name: String) async throws { _ = try await self.call("DeleteStack", [("StackName", name)]) }

    /// Why the stack's last operation failed: the reason of the first resource that failed.
    func failure(_ name: String) async throws -> String? {
        let events = try await self.call("DescribeStackEvents", [("StackName", name)]).members("StackEvents")
        // Events are ordered newest first, and each operation starts with an event of the stack itself.
        let ofOperation = events.prefix { event in
            event["LogicalResourceId"]?.text != name
                || !["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"].contains(
                    event["ResourceStatus"]?.text ?? "")
        }
        let failed = ofOperation.last { $0["ResourceStatus"]?.text.hasSuffix("_FAILED") == true }
        return failed.map { "\($0["LogicalResourceId"]?.text ?? ""): \($0["ResourceStatusReason"]?.text ?? "")" }
    }

    private func call(_ operation: String, _ parameters: [(String, String)]) async throws -> XMLElement {
        let response = try await self.client.execute(
            AWSRequest(query: operation, of: .cloudFormation, version: "2010-05-15", parameters))
        let text = String(buffer: try await response.bytes(upTo: 8 << 20))
        guard let answer = XMLElement(document: text) else { throw response.bad("is no XML") }
        // Some operations have no result element.
        return answer["\(operation)Result"] ?? answer
    }

    private static func members(
        _ list: String, _ pairs: [String: String], _ key: String, _ value: String
    ) -> [(String, String)] {
        pairs.sorted { $0.key < $1.key }.enumerated().flatMap { index, pair in
            [
                ("\(list).member.\(index + 1).\(key)", pair.key),
                ("\(list).member.\(index + 1).\(value)", pair.value),
            ]
        }
    }

    private static func pairs(_ members: [XMLElement], _ key: String, _ value: String) -> [String: String] {
        members.reduce(into: [:]) { $0[$1[key]?.text ?? ""] = $1[value]?.text ?? "" }
    }
}
