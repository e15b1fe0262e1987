/// What an ``AWSClient`` needs to know. Making one reaches nothing.
package struct AWSConfiguration: Sendable {
    /// The region where no other is asked for; `nil` until a request needs one.
    package var region: Region?
    /// Endpoints by service id; the empty id stands for all others.
    private var endpoints: [String: ServiceEndpoint] = [:]
    /// Regions by service id, where they are others than ``region``.
    private var regions: [String: Region] = [:]
    package var retries = RetryPolicy()

    package init(region: Region?) { self.region = region }

    /// Reads what every AWS SDK reads, in the environment and then in the profile's files: `AWS_REGION`,
    /// `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`;
    /// `region`, `endpoint_url`, `services`. And of ours, `AI4AI_REGION_<SERVICE>`.
    ///
    /// Source: AWS SDKs and Tools reference, "Service-specific endpoints".
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(environment: [String: String]) throws {
        let profile = ProfileFiles(environment).settings()
        let name =
            environment.setting("AWS_REGION") ?? environment.setting("AWS_DEFAULT_REGION") ?? profile["region"]
        self.region = try name.map { try Region($0) }
        let isIgnored =
            environment.setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ?? profile["ignore_configured_endpoint_urls"]
        if isIgnored?.lowercased() != "true" { try self.readEndpoints(environment, profile) }
        for service in AWSService.all {
            self.regions[service.id] = try environment.setting(service.regionVariable).map { try Region($0) }
        }
    }

    /// The environment goes before the files, and in each of them a service's own address before the one for all.
    private mutating func readEndpoints(_ environment: [String: String], _ profile: [String: String]) throws {
        func endpoint(_ url: String?, _ name: String) throws -> ServiceEndpoint? {
            try url.map { try ServiceEndpoint($0, variable: name) }
        }
        let everywhere = try endpoint(environment.setting("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL")
        for service in AWSService.all {
            let variable = service.endpointVariable
            let setting = "services.\(service.settingName).endpoint_url"
            self.endpoints[service.id] =
                try endpoint(environment.setting(variable), variable) ?? everywhere
                ?? endpoint(profile[setting], "\(setting) of the profile")
        }
        self.endpoints[""] = try everywhere ?? endpoint(profile["endpoint_url"], "endpoint_url of the profile")
    }

    /// Uses a region for all services.
    mutating func useEverywhere(_ region: Region) {
        self.region = region
        self.regions = [:]
    }

    /// Where a service is reached.
    func endpoint(of service: AWSService, in region: Region) -> ServiceEndpoint {
        self.endpoints[service.id] ?? self.endpoints[""] ?? ServiceEndpoint(service, in: region)
    }

    /// - Throws: ``AWSError`` with code `invalidInput` where no region is known.
    package func region(_ explicit: Region? = nil, of service: AWSService? = nil) throws -> Region {
        guard let region = explicit ?? service.flatMap({ self.regions[$0.id] }) ?? self.region else {
            throw AWSError(
                .invalidInput, "No AWS region is set.",
                remedy: "Set AWS_REGION, or region in the profile of ~/.aws/config.")
        }
        return region
    }
}

extension [String: String] {
    /// A variable of the environment; an empty one counts as absent, as shells make it hard to unset one.
    func setting(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
