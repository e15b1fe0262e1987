/// What an ``AWSClient`` needs to know. Making one reads no file and reaches nothing.
package struct AWSConfiguration: Sendable {
    /// The region where no other is asked for; `nil` until a request needs one.
    package var region: Region?
    /// Endpoints by service id; the empty id stands for all others.
    private var endpoints: [String: ServiceEndpoint] = [:]
    /// Regions by service id, where they are others than ``region``.
    private var regions: [String: Region] = [:]
    package var retries = RetryPolicy()

    package init(region: Region?) { self.region = region }

    /// Reads what every AWS SDK reads: `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL`,
    /// `AWS_ENDPOINT_URL_<SERVICE>`; and of ours, `AI4AI_REGION_<SERVICE>`.
    ///
    /// Without a region in the environment the one of the profile counts, whose file is read now.
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(environment: [String: String]) throws {
        let name =
            environment.setting("AWS_REGION") ?? environment.setting("AWS_DEFAULT_REGION")
            ?? ProfileFiles(environment).region()
        self.region = try name.map { try Region($0) }
        for (id, variable) in AWSService.all.map({ ($0.id, $0.endpointVariable) }) + [("", "AWS_ENDPOINT_URL")] {
            if let url = environment.setting(variable) {
                self.endpoints[id] = try ServiceEndpoint(url, variable: variable)
            }
        }
        for service in AWSService.all {
            self.regions[service.id] = try environment.setting(service.regionVariable).map { try Region($0) }
        }
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
