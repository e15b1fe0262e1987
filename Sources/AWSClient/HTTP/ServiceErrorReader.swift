import AgentEvents

/// Parses error responses: REST-JSON, JSON 1.0 and 1.1, and the XML of the query protocol.
enum ServiceErrorReader {
    /// - Parameters:
    ///   - header: A header field by its name.
    ///   - body: The response body, or its beginning.
    static func read(
        status: Int, body: String, subject: String, header: (String) -> String?
    ) -> AWSError {
        let json = try? JSONValue(json: body)
        let type = [
            header("x-amzn-errortype"), json?["__type"]?.string, json?["code"]?.string, json?["Code"]?.string,
            XMLText.first("Code", in: body),
        ].lazy.compactMap { $0 }.map(Self.shapeName).first { !$0.isEmpty }
        let words = [
            json?["message"]?.string, json?["Message"]?.string, json?["errorMessage"]?.string,
            XMLText.first("Message", in: body), header("x-amzn-error-message"),
        ].lazy.compactMap { $0 }.first { !$0.isEmpty }
        let said = words ?? (json == nil ? body : "no reason given")
        let code = self.code(of: json) ?? self.code(type: type, status: status, message: said)
        var error = AWSError(
            code, "\(subject): \(status)\(type.map { " \($0.printable)" } ?? "") \(self.withoutSecrets(said))")
        error.type = type
        error.status = status
        if code == .conditionFailed { error.details = json }
        error.requestID =
            header("x-amzn-requestid") ?? header("x-amz-request-id") ?? XMLText.first("RequestId", in: body)
        let asked =
            header("retry-after").flatMap(Double.init)
            ?? header("x-amz-retry-after").flatMap(Double.init).map { $0 / 1000 }
        error.retryAfter = asked.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        return error
    }

    /// Removes secrets from an error message: a signature mismatch quotes the canonical request, which contains the
    /// session token, and a misplaced token is quoted too.
    private static func withoutSecrets(_ text: String) -> String {
        var end = text.endIndex
        for mark in ["The Canonical String", "Authorization=", "x-amz-security-token"] {
            if let found = text.firstRange(of: mark) { end = min(end, found.lowerBound) }
        }
        return String(text[..<end].unicodeScalars.prefix(1000).map { $0.value < 0x20 ? " " : Character($0) })
    }

    /// Extracts the shape name: `aws.protocoltests#FooError:http://internal` becomes `FooError`.
    static func shapeName(_ text: String) -> String {
        let withoutURI = text.prefix { $0 != ":" }
        return String(withoutURI.split(separator: "#").last ?? "")
    }

    /// The code for the reasons of a canceled transaction. A condition that isn't met takes precedence over transient
    /// reasons.
    private static func code(of cancellation: JSONValue?) -> AWSError.Code? {
        let reasons = Set((cancellation?["CancellationReasons"]?.array ?? []).compactMap { $0["Code"]?.string })
        let codes: [(String, AWSError.Code)] = [
            ("ConditionalCheckFailed", .conditionFailed), ("AccessDenied", .accessDenied),
            ("ValidationError", .validation), ("ItemCollectionSizeLimitExceeded", .validation),
            ("TransactionConflict", .conflict), ("ThrottlingError", .throttled),
            ("ProvisionedThroughputExceeded", .throttled),
        ]
        return codes.first { reasons.contains($0.0) }?.1
    }

    static func code(type: String?, status: Int, message: String) -> AWSError.Code {
        let isSkew = ["Signature expired", "Signature not yet current", "RequestTimeTooSkewed"].contains {
            message.contains($0)
        }
        switch type {
        case "InvalidSignatureException" where isSkew, "SignatureDoesNotMatch" where isSkew, "RequestTimeTooSkewed",
            "RequestInTheFuture":
            return .clockSkew
        case "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException",
            "InvalidClientTokenId", "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId",
            "MissingAuthenticationToken", "MissingAuthenticationTokenException", "InvalidToken":
            return .badCredentials
        case "ExpiredTokenException", "ExpiredToken", "RequestExpired", "TokenRefreshRequired":
            return .expiredCredentials
        case "ThrottlingException", "ThrottledException", "Throttling", "TooManyRequestsException",
            "RequestLimitExceeded", "LimitExceededException", "BandwidthLimitExceeded", "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException", "RequestThrottled",
            "RequestThrottledException", "SlowDown", "ModelNotReadyException", "TransactionInProgressException":
            return .throttled
        case "RetryableConflictException", "ConflictException", "TransactionConflictException": return .conflict
        case "ConditionalCheckFailedException", "TransactionCanceledException": return .conditionFailed
        case "ServiceQuotaExceededException": return .quotaExceeded
        case "AccessDeniedException", "AccessDenied", "UnauthorizedException": return .accessDenied
        case "ResourceNotFoundException", "NoSuchKey", "NoSuchBucket": return .notFound
        case "ValidationException", "InvalidInputException", "SerializationException": return .validation
        case "ModelTimeoutException", "RequestTimeout", "RequestTimeoutException": return .timedOut
        case "InternalServerException", "InternalServerError", "InternalFailure", "ServiceUnavailableException",
            "ServiceUnavailable", "ServiceException", "ModelStreamErrorException":
            return .serverFailure
        default: break
        }
        switch status {
        case 401, 403: return .accessDenied
        case 402: return .quotaExceeded
        case 404: return .notFound
        case 408: return .timedOut
        case 409: return .conflict
        case 429: return .throttled
        case 500...: return .serverFailure
        default: return .refused
        }
    }
}

/// Extracts the text of elements, which is all that the XML of the query protocol and of S3 needs.
enum XMLText {
    /// Returns the contents of all elements with this name, which may contain other elements but none of their own name.
    static func all(_ name: String, in xml: String) -> [Substring] {
        xml.split(separator: "<\(name)>", omittingEmptySubsequences: false).dropFirst().compactMap { part in
            part.firstRange(of: "</\(name)>").map { part[..<$0.lowerBound] }
        }
    }

    /// Returns the text of the first element with this name, or `nil` if there is none or it contains other elements.
    static func first(_ name: String, in xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>"),
            let end = xml[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        let text = xml[start.upperBound..<end.lowerBound]
        guard !text.contains("<") else { return nil }
        return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            .reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
    }
}
