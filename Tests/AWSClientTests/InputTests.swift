import NIOHTTP1
import Testing

@testable import AWSClient

@Suite("Validation of request inputs")
struct InputTests {
    @Test(
        "regions of every partition are accepted",
        arguments: ["us-west-2", "ap-southeast-5", "us-gov-east-1", "cn-north-1", "us-iso-east-1"])
    func regions(name: String) throws { #expect(try Region(name).name == name) }

    @Test(
        "any other region name is rejected",
        arguments: [
            "", "us", "us-west", "us-west-", "-us-west-2", "us--west-2", "US-WEST-2", "us-west-2 ", " us-west-2",
            "us-west-2\n", "us-west-2\0", "us-west-2/", "us-west-2:443", "us-west-2@x", "us-west-2#", "us-west-2?",
            "us_west_2", "usa-west-2", "u-west-2", "us-w3st-2", "us-west-2.evil.example", "../us-west-2", "us-west-２",
            "аp-southeast-2", "ap-southeast-\(String(repeating: "1", count: 40))", "$(id)-x-1", "us-west-2;id",
        ])
    func noRegions(name: String) {
        let error = #expect(throws: AWSError.self) { try Region(name) }
        #expect(error?.code == .invalidInput)
        #expect(error?.description.contains("\n") == false)
    }

    @Test("a service can have its own region, and useEverywhere overrides the regions of all services")
    func regionOfService() throws {
        var configuration = try AWSConfiguration(environment: [
            "AWS_REGION": "ap-southeast-2", "AI4AI_REGION_DYNAMODB": "ap-southeast-5",
        ])
        #expect(try configuration.region(of: .dynamoDB).name == "ap-southeast-5")
        #expect(try configuration.region(of: .bedrockRuntime).name == "ap-southeast-2")
        #expect(try configuration.region(try Region("us-west-2"), of: .dynamoDB).name == "us-west-2")
        configuration.useEverywhere(try Region("us-east-1"))
        #expect(try configuration.region(of: .dynamoDB).name == "us-east-1")
        #expect(throws: AWSError.self) {
            try AWSConfiguration(environment: ["AI4AI_REGION_BEDROCK_RUNTIME": "the moon"])
        }
    }

    @Test("each service has its own host, and the domain differs in China")
    func hosts() throws {
        func host(_ service: AWSService, _ region: String) throws -> String {
            ServiceEndpoint(service, in: try Region(region)).authority
        }
        #expect(try host(.agentCore, "ap-southeast-2") == "bedrock-agentcore.ap-southeast-2.amazonaws.com")
        #expect(try host(.bedrockRuntime, "us-gov-west-1") == "bedrock-runtime.us-gov-west-1.amazonaws.com")
        #expect(try host(.dynamoDB, "cn-north-1") == "dynamodb.cn-north-1.amazonaws.com.cn")
        #expect(AWSService.agentCoreControl.signingName == "bedrock-agentcore")
        #expect(AWSService.bedrockRuntime.endpointVariable == "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
    }

    @Test(
        "configured endpoints can use TLS for any host, and plain HTTP only for nearby hosts",
        arguments: [
            ("https://vpce-1.example.com", "vpce-1.example.com", ""), ("https://h:8443/base/", "h:8443", "/base"),
            ("http://127.0.0.1:4566", "127.0.0.1:4566", ""), ("http://localhost", "localhost", ""),
            ("http://moto:5000", "moto:5000", ""), ("http://10.1.2.3", "10.1.2.3", ""),
            ("http://[::1]:1", "[::1]:1", ""),
        ])
    func endpoints(url: String, authority: String, base: String) throws {
        let endpoint = try ServiceEndpoint(url, variable: "X")
        #expect(endpoint.authority == authority)
        #expect(endpoint.basePath == base)
    }

    @Test(
        "ARNs are parsed",
        arguments: [
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/a-b",
            "arn:aws-us-gov:bedrock-agentcore:us-gov-west-1:111122223333:runtime/x",
        ])
    func arns(text: String) throws {
        #expect(try ARN(text, service: "bedrock-agentcore").resource.hasPrefix("runtime/"))
    }

    @Test(
        "any other ARN is rejected",
        arguments: [
            "", "arn", "arn:aws:bedrock-agentcore:us-west-2:111122223333", "arn:aws:s3:us-west-2:111122223333:x",
            "arn:evil:bedrock-agentcore:us-west-2:111122223333:x", "arn:aws:bedrock-agentcore:evil:111122223333:x",
            "arn:aws:bedrock-agentcore:us-west-2:11112222333x:x", "arn:aws:bedrock-agentcore:us-west-2:111122223333:",
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:x?y",
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:a b",
            "arn:aws:bedrock-agentcore:us-west-2:111122223333:\(String(repeating: "x", count: 3000))",
        ])
    func noARNs(text: String) { #expect(throws: AWSError.self) { try ARN(text, service: "bedrock-agentcore") } }

    @Test("labels can't change a path, and values can't end a header field", arguments: ["", ".", ".."])
    func labels(value: String) throws {
        #expect(throws: AWSError.self) {
            try AWSRequest("X", of: .agentCore, .GET, "/a/{b}/c", labels: ["b": value])
        }
        #expect(
            try AWSRequest("X", of: .agentCore, .GET, "/a/{b}", labels: ["b": "x/../y?z#"]).path
                == "/a/x%2F..%2Fy%3Fz%23")
        var request = try AWSRequest("X", of: .agentCore, .GET, "/")
        #expect(throws: AWSError.self) { try request.addHeader("X", "a\r\nHost: evil") }
    }
}
