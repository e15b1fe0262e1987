import AgentEvents
import FoundationEssentials
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import AWSClient

/// AWS's protocol tests for REST-JSON and JSON 1.0 and 1.1, as published in botocore, limited to the features that this
/// client uses: none of its operations has constants in the path, a host prefix, a compressed body, or a checksum
/// field.
@Suite("AWS protocols")
struct ProtocolTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let id: String
        let shapes: JSONValue
        let metadata: JSONValue
        let body: JSONValue
        var testDescription: String { self.id }

        static func all(_ file: String) throws -> [Case] {
            try JSONValue(json: Fixtures.text("aws-protocol-tests/\(file).json")).array?.flatMap { suite in
                (suite["cases"]?.array ?? []).map {
                    Case(
                        id: "\(file) \($0["id"]?.string ?? "")", shapes: suite["shapes"] ?? [:],
                        metadata: suite["metadata"] ?? [:], body: $0)
                }
            } ?? []
        }
    }

    // MARK: Requests

    static let inputs: [Case] = ["rest-json", "json", "json_1_0"].flatMap { (try? Case.all("input/\($0)")) ?? [] }
        .filter { test in
            let uri = test.body["given"]?["http"]?["requestUri"]?.string ?? ""
            let skipped = ["ContentEncoding", "AutoFill", "HttpChecksumRequired", "HostWithPath", "GzipA"]
            return !uri.contains("?") && !skipped.contains { test.id.contains($0) }
        }

    @Test("requests match the protocol test suite", arguments: inputs)
    func request(test: Case) throws {
        let request = try ModelledRequest(test).request
        let expected = test.body["serialized"] ?? [:]
        #expect(request.method.rawValue == test.body["given"]?["http"]?["method"]?.string)
        let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        let expectedURI = expected["uri"]?.string ?? "/"
        #expect(target.split(separator: "?").first == expectedURI.split(separator: "?").first)
        #expect(
            Set(request.query.split(separator: "&"))
                == Set(expectedURI.drop { $0 != "?" }.dropFirst().split(separator: "&")))
        if case .object(let headers) = expected["headers"] {
            for (name, value) in headers { #expect(request.headers.first(name: name) == value.string) }
        }
        let body: String? = if case .bytes(let bytes) = request.body { String(buffer: bytes) } else { nil }
        let expectedBody = expected["body"]?.string ?? ""
        if let json = try? JSONValue(json: expectedBody) {
            #expect(try body.map { try JSONValue(json: $0) } == json)
        } else if !expectedBody.isEmpty {
            #expect(body == expectedBody)
        }
    }

    // MARK: Responses

    static let failures: [Case] = ["rest-json", "json", "json_1_0"].flatMap { (try? Case.all("output/\($0)")) ?? [] }
        .filter { $0.body["errorCode"] != nil }

    @Test("errors are recognized in every format", arguments: failures)
    func failure(test: Case) throws {
        let response = try #require(test.body["response"])
        let error = ServiceErrorReader.read(
            status: response["status_code"]?.integer ?? 0, body: response["body"]?.string ?? "", subject: "Test"
        ) { name in
            guard case .object(let headers) = response["headers"] else { return nil }
            return headers.first { $0.key.lowercased() == name }?.value.string
        }
        #expect(error.type == test.body["errorCode"]?.string)
        if let message = test.body["errorMessage"]?.string { #expect(error.message.hasSuffix(" \(message)")) }
    }

    @Test("all cases of the suite are found")
    func found() {
        #expect(Self.inputs.count > 150)
        #expect(Self.failures.count == 36)
    }
}

/// A request that is built from a case's shapes and parameters with the same methods that the services use.
private struct ModelledRequest {
    private enum Place { case body, query, header, path }

    var request: AWSRequest
    private let shapes: JSONValue
    private let members: [String: JSONValue]
    private let parameters: [String: JSONValue]

    init(_ test: ProtocolTests.Case) throws {
        self.shapes = test.shapes
        let given = test.body["given"] ?? [:]
        let input = given["input"]?["shape"]?.string.flatMap { test.shapes[$0] } ?? [:]
        self.members = input["members"]?.object ?? [:]
        self.parameters = (test.body["params"]?.object ?? [:]).filter { $0.value != .null }
        if test.metadata["protocol"]?.string == "json" {
            self.request = AWSRequest(
                target: "\(test.metadata["targetPrefix"]?.string ?? "").\(given["name"]?.string ?? "")", of: .dynamoDB,
                version: test.metadata["jsonVersion"]?.string ?? "", [:])
            self.request.setJSON(
                self.json(.object(self.parameters), input),
                contentType: try #require(self.request.headers.first(name: "Content-Type")))
            return
        }
        let labels = self.members.filter { $0.value["location"]?.string == "uri" }
        self.request = try AWSRequest(
            "Test", of: .agentCore, .init(rawValue: given["http"]?["method"]?.string ?? ""),
            given["http"]?["requestUri"]?.string ?? "",
            labels: [:].merging(
                Self.labels(labels, self.parameters, self.shapes)
            ) { $1 })
        try self.addFields()
        try self.addBody(input, hasInput: given["input"] != nil)
    }

    private static func labels(
        _ members: [String: JSONValue], _ parameters: [String: JSONValue], _ shapes: JSONValue
    ) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: members.compactMap { name, member in
                parameters[name].map {
                    (member["locationName"]?.string ?? name, self.text($0, member, shapes, .path))
                }
            })
    }

    private mutating func addFields() throws {
        // Named members take precedence over map entries.
        let ordered = self.members.sorted { !self.isMap($0.value) && self.isMap($1.value) }
        var taken: Set<String> = []
        for (name, member) in ordered {
            guard let value = self.parameters[name] else { continue }
            let place = member["locationName"]?.string ?? name
            switch member["location"]?.string {
            case "querystring":
                if case .object(let entries) = value {
                    for (key, entry) in entries where !taken.contains(key) { self.addQuery(key, entry, [:]) }
                } else {
                    taken.insert(place)
                    self.addQuery(place, value, member)
                }
            case "header":
                let element = self.shape(of: member)["member"] ?? member
                let words = value.array?.map {
                    let text = Self.text($0, element, self.shapes, .header)
                    return text.contains(",") && $0.string != nil && !text.hasSuffix("GMT") || text.contains("\"")
                        ? "\"\(text.replacing("\"", with: "\\\""))\"" : text
                }
                try self.request.addHeader(
                    place, words?.joined(separator: ", ") ?? Self.text(value, member, self.shapes, .header))
            case "headers":
                for (key, entry) in value.object ?? [:] { try self.request.addHeader(place + key, entry.string) }
            default: break
            }
        }
    }

    private mutating func addQuery(_ name: String, _ value: JSONValue, _ member: JSONValue) {
        let element = self.shape(of: member)["member"] ?? member
        for value in value.array ?? [value] {
            self.request.addQuery(name, Self.text(value, element, self.shapes, .query))
        }
    }

    private mutating func addBody(_ input: JSONValue, hasInput: Bool) throws {
        if let payload = input["payload"]?.string {
            let shape = self.shape(of: self.members[payload] ?? [:])
            let value = self.parameters[payload]
            switch shape["type"]?.string {
            case "structure" where value != nil || shape["union"] == nil && shape["document"] == nil:
                self.request.setJSON(self.json(value ?? [:], shape))
            case "string", "blob":
                guard let text = value?.string else { return }
                if self.request.headers.first(name: "Content-Type") == nil {
                    try self.request.addHeader(
                        "Content-Type", shape["type"]?.string == "blob" ? "application/octet-stream" : "text/plain")
                }
                self.request.body = .bytes(ByteBuffer(string: text))
            default: break
            }
            return
        }
        let inBody = self.members.filter { $0.value["location"] == nil }
        guard !inBody.isEmpty else { return }
        self.request.setJSON(self.json(.object(self.parameters.filter { inBody[$0.key] != nil }), input))
    }

    private func isMap(_ member: JSONValue) -> Bool { self.shape(of: member)["type"]?.string == "map" }

    private func shape(of member: JSONValue) -> JSONValue { member["shape"]?.string.flatMap { self.shapes[$0] } ?? [:] }

    /// Converts a value for a JSON body.
    private func json(_ value: JSONValue, _ shape: JSONValue, member: JSONValue = [:]) -> JSONValue {
        if shape["document"] != nil { return value }
        switch (shape["type"]?.string, value) {
        case ("structure", .object(let members)):
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.filter { $0.value != .null }.map { name, value in
                        let member = shape["members"]?[name] ?? [:]
                        return (
                            member["locationName"]?.string ?? name,
                            self.json(value, self.shape(of: member), member: member)
                        )
                    }))
        case ("map", .object(let entries)):
            return .object(entries.mapValues { self.json($0, self.shape(of: shape["value"] ?? [:])) })
        case ("list", .array(let elements)):
            return .array(elements.map { self.json($0, self.shape(of: shape["member"] ?? [:])) })
        case ("blob", .string(let text)): return .string(Data(text.utf8).base64EncodedString())
        case ("timestamp", .integer(let seconds)):
            let format = member["timestampFormat"]?.string ?? shape["timestampFormat"]?.string ?? "unixTimestamp"
            return format == "unixTimestamp" ? value : .string(Self.timestamp(seconds, format))
        default: return value
        }
    }

    /// Converts a value for a path, query, or header field.
    private static func text(_ value: JSONValue, _ member: JSONValue, _ shapes: JSONValue, _ place: Place) -> String {
        let shape = member["shape"]?.string.flatMap { shapes[$0] } ?? [:]
        if member["jsonvalue"] != nil, let text = value.string { return Data(text.utf8).base64EncodedString() }
        switch value {
        case .string(let text): return text
        case .integer(let seconds) where shape["type"]?.string == "timestamp":
            let format = member["timestampFormat"]?.string ?? shape["timestampFormat"]?.string
            return self.timestamp(seconds, format ?? (place == .header ? "rfc822" : "iso8601"))
        case .array: return ""
        default: return value.json
        }
    }

    private static func timestamp(_ seconds: Int, _ format: String) -> String {
        let date = Date(timeIntervalSince1970: Double(seconds))
        return switch format {
        case "iso8601": Timestamp.iso8601(date)
        case "rfc822": Timestamp.httpDate(date)
        default: String(seconds)
        }
    }
}

extension JSONValue {
    fileprivate var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}
