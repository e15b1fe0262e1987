/// Determines which request headers reach agent code, by the rule of the Python SDK's `is_forwardable_header`.
enum HeaderForwarding {
    private static let customPrefix = "x-amzn-bedrock-agentcore-runtime-custom-"
    private static let identityWAT = "x-amz-bedrock-agentcore-identity-wat"

    /// - Parameter name: The header's name in lowercase.
    static func allows(_ name: String) -> Bool {
        if name.hasPrefix("x-amzn-") { return name.hasPrefix(self.customPrefix) }
        if name.hasPrefix("x-amz-") { return name == self.identityWAT }
        if self.restricted.contains(name) { return false }
        return !self.restrictedPrefixes.contains { name.hasPrefix($0) }
    }

    private static let restrictedPrefixes = [
        ":", "accept-", "access-control-", "cross-origin-", "if-", "public-key-pins", "sec-ch-", "sec-websocket-",
        "x-aws-",
    ]

    private static let restricted: Set<String> = [
        "accept", "cache-control", "cf-connecting-ip", "cf-ray", "clear-site-data", "connection", "content-encoding",
        "content-language", "content-length", "content-location", "content-range", "content-security-policy",
        "content-security-policy-report-only", "content-type", "cookie", "date", "device-memory", "dnt", "downlink",
        "dpr", "ect", "etag", "expect-ct", "expires", "feature-policy", "forwarded", "from", "host", "keep-alive",
        "last-modified", "link", "location", "origin", "permissions-policy", "pragma", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "range", "referer", "referrer-policy", "retry-after", "rtt",
        "save-data", "server", "set-cookie", "strict-transport-security", "te", "trailer", "transfer-encoding",
        "true-client-ip", "upgrade", "user-agent", "vary", "via", "viewport-width", "width", "www-authenticate",
        "x-cache", "x-client-ip", "x-cluster-client-ip", "x-content-type-options", "x-csrf-token",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-frame-options", "x-original-host",
        "x-original-url", "x-originating-ip", "x-real-ip", "x-requested-with", "x-rewrite-url", "x-served-by",
        "x-source-ip", "x-xss-protection",
    ]
}
