/// The region, endpoints, and retry policy of an ``AWSClient``. Creating a configuration makes no network requests.
package struct AWSConfiguration: Sendable {
    /// The default region; can stay `nil` until a request needs one.
    package var region: Region?
    /// Endpoints by service ID; the empty ID is the endpoint for all other services.
    private var endpoints: [String: ServiceEndpoint] = [:]
    /// Regions by service ID, for services that use a region other than ``region``.
    private var regions: [String: Region] = [:]
    package var retries = RetryPolicy()

    package init(region: Region?) { self.region = region }

    /// Reads the settings that every AWS SDK reads, first from the environment, then from the profile's files:
    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`,
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`; `region`, `endpoint_url`, `services`. Also reads
    /// `AI4AI_REGION_<SERVICE>`, which only this project defines.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
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

    /// The environment takes precedence over the files, and in each, a service-specific endpoint over the global one.
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

    /// Sets one region for all services.
    mutating func useEverywhere(_ region: Region) {
        self.region = region
        self.regions = [:]
    }

    /// The endpoint of a service: the configured one, or the public one of the region.
    func endpoint(of service: AWSService, in region: Region) -> ServiceEndpoint {
        self.endpoints[service.id] ?? self.endpoints[""] ?? ServiceEndpoint(service, in: region)
    }

    /// The region for a request: the explicit one, then the service's, then the default.
    /// - Throws: ``AWSError`` with code `invalidInput` if no region is known.
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
    /// The value of an environment variable. An empty value counts as unset, because some shells can't unset a
    /// variable.
    func setting(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
