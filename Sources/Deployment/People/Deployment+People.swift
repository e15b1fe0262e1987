import AWSClient
import AgentEvents

extension Deployment {
    /// The user pool of the users who can sign in.
    /// - Throws: ``DeploymentError`` before the first `apply`, or ``AWSError``.
    package func people() async throws -> UserPool {
        _ = try await self.account()
        let client = self.client.inRegion(try Region(self.system.dataRegion))
        let name = "\(self.system.project)-data"
        guard let pool = try await CloudFormation(client).stack(name)?.outputs["PoolId"] else {
            throw DeploymentError("The stack \(name) is not there. Make it: ai4ai deploy apply")
        }
        return UserPool(id: pool, client: client)
    }
}

/// A Cognito user pool whose users sign in with their email address.
///
/// Source: Amazon Cognito user pools API reference.
package struct UserPool: Sendable {
    package let id: String
    let client: AWSClient

    /// Adds a user. Cognito emails a temporary password, which is valid for seven days and must be changed at the first
    /// sign-in. Sends the email again if the user was added before but has never signed in.
    /// - Returns: Whether the user is new.
    /// - Throws: ``DeploymentError`` if the user has already signed in, or ``AWSError``.
    @discardableResult
    package func add(_ email: String) async throws -> Bool {
        switch try await self.status(of: email) {
        case nil:
            try await self.call("AdminCreateUser", email, self.invitation(to: email))
            return true
        case "FORCE_CHANGE_PASSWORD":
            try await self.call(
                "AdminCreateUser", email,
                self.invitation(to: email).merging(["MessageAction": "RESEND"]) { $1 })
            return false
        default: throw DeploymentError("\(email) is there already. A new password: ai4ai users reset \(email)")
        }
    }

    /// Resets a user's password. Cognito emails a code for choosing a new one, or, if the user has never signed in, a
    /// new temporary password.
    /// - Throws: ``DeploymentError`` if the user doesn't exist, or ``AWSError``.
    package func reset(_ email: String) async throws {
        switch try await self.status(of: email) {
        case nil: throw self.missing(email)
        case "FORCE_CHANGE_PASSWORD": try await self.add(email)
        default: try await self.call("AdminResetUserPassword", email)
        }
    }

    /// Signs a user out everywhere and deletes the account. Access tokens remain valid for up to an hour; the user's
    /// chats are kept.
    /// - Throws: ``DeploymentError`` if the user doesn't exist, or ``AWSError``.
    package func remove(_ email: String) async throws {
        guard try await self.status(of: email) != nil else { throw self.missing(email) }
        try await self.call("AdminUserGlobalSignOut", email)
        try await self.call("AdminDeleteUser", email)
    }

    private func missing(_ email: String) -> DeploymentError {
        DeploymentError("Nobody is called \(email) in the user pool \(self.id).")
    }

    private func invitation(to email: String) -> [String: JSONValue] {
        [
            "DesiredDeliveryMediums": ["EMAIL"],
            "UserAttributes": [
                ["Name": "email", "Value": .string(email)], ["Name": "email_verified", "Value": "true"],
            ],
        ]
    }

    /// The user's status; `nil` if the user doesn't exist.
    private func status(of email: String) async throws -> String? {
        do {
            return try await self.call("AdminGetUser", email)["UserStatus"]?.string
        } catch let error as AWSError where error.type == "UserNotFoundException" {
            return nil
        }
    }

    @discardableResult
    private func call(
        _ operation: String, _ email: String, _ input: [String: JSONValue] = [:]
    ) async throws -> JSONValue {
        guard email.contains("@"), !email.contains(where: \.isWhitespace) else {
            throw DeploymentError("'\(email)' is not an email address.")
        }
        var input = input
        input["UserPoolId"] = .string(self.id)
        input["Username"] = .string(email)
        return try await self.client.json(
            AWSRequest(
                target: "AWSCognitoIdentityProviderService.\(operation)", of: .cognito, version: "1.1",
                .object(input)))
    }
}
