import AWSClient
import AgentEvents
import FoundationEssentials

/// A request that is signed without being sent.
struct Signing {
    private let request: SigV4Signer.Request
    private let signer: SigV4Signer
    private let credentials: AWSCredentials
    private let date: Date
    private let command: JSONValue

    init(_ command: JSONValue) throws {
        func text(_ key: String) -> String { command[key]?.string ?? "" }
        self.command = command
        let body = Array(Data(base64Encoded: text("body")) ?? Data())
        self.request = .init(
            method: text("method"), path: text("path"), query: text("query"),
            headers: (command["headers"]?.array ?? []).map {
                (name: $0.array?.first?.string ?? "", value: $0.array?.last?.string ?? "")
            },
            payload: body.isEmpty ? .empty : .bytes(body))
        self.signer = SigV4Signer(
            service: text("service"), region: text("region"),
            pathRule: text("service") == "s3" ? .verbatim : .normalised)
        self.credentials = AWSCredentials(
            accessKeyID: text("key"), secretAccessKey: text("secret"), sessionToken: command["token"]?.string)
        guard let date = Timestamp.parse(iso8601: text("date")) else {
            throw AWSError(.invalidInput, "'\(text("date"))' is no date.")
        }
        self.date = date
    }

    var headers: JSONValue {
        let fields = self.signer.headers(
            for: self.request, with: self.credentials, at: self.date,
            sendsPayloadHash: self.command["sendsPayloadHash"] == true)
        return .array(fields.map { [.string($0.name), .string($0.value)] })
    }

    var query: JSONValue {
        .string(
            self.signer.presignedQuery(
                for: self.request, with: self.credentials, at: self.date, expiry: self.command["expiry"]?.integer ?? 300
            ))
    }
}
