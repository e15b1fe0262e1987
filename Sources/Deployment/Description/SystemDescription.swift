package import AgentEvents
import FoundationEssentials

/// The contents of `agentcore.yaml`. Decoded after validation against its JSON Schema, which defines names, accepted
/// values, and defaults. Optional members here have no default.
package struct SystemDescription: Sendable, Hashable, Decodable {
    package struct Regions: Sendable, Hashable, Decodable {
        package var data: String?
        package var models: String?
    }

    package struct Image: Sendable, Hashable, Decodable {
        package var uri: String?
    }

    package struct Agents: Sendable, Hashable, Decodable {
        package var coordinator: Agent
        package var automation: Agent?

        /// The agents that have runtimes, in deployment order: a runtime before the one that calls it.
        var all: [Agent] { [self.automation, self.coordinator].compactMap(\.self) }
    }

    package struct Agent: Sendable, Hashable, Decodable {
        package struct Authorizer: Sendable, Hashable, Decodable {
            package var discoveryURL: String
            package var allowedClients: [String]?
            package var allowedAudience: [String]?
            package var allowedScopes: [String]?
            /// Additional members of AgentCore's `CustomJWTAuthorizerConfiguration`, such as claim rules, passed
            /// through as they are.
            package var serviceMembers: [String: JSONValue]?

            private enum CodingKeys: String, CodingKey {
                case discoveryURL = "discovery_url"
                case allowedClients = "allowed_clients"
                case allowedAudience = "allowed_audience"
                case allowedScopes = "allowed_scopes"
                case serviceMembers = "service_members"
            }
        }

        package struct Network: Sendable, Hashable, Decodable {
            package var subnets: [String]
            package var securityGroups: [String]

            private enum CodingKeys: String, CodingKey {
                case subnets
                case securityGroups = "security_groups"
            }
        }

        package var runtimeName: String
        package var description: String?
        package var endpoint: String
        /// The protocol's name in AgentCore's API.
        package var serverProtocol: String
        package var platformVersion: String?
        package var idleSeconds: Int
        package var maxSeconds: Int
        package var authorizer: Authorizer?
        package var headerAllowlist: [String]
        package var network: Network?
        package var environment: [String: String]

        private enum CodingKeys: String, CodingKey {
            case description, endpoint, authorizer, network, environment
            case runtimeName = "runtime_name"
            case serverProtocol = "protocol"
            case platformVersion = "platform_version"
            case idleSeconds = "idle_seconds"
            case maxSeconds = "max_seconds"
            case headerAllowlist = "header_allowlist"
        }
    }

    package struct Models: Sendable, Hashable, Decodable {
        package var id: String
        package var resources: [String]
        package var promptCaching: String?
        package var maxTokens: Int?
        package var thinkingTokens: Int?

        private enum CodingKeys: String, CodingKey {
            case id, resources
            case promptCaching = "prompt_caching"
            case maxTokens = "max_tokens"
            case thinkingTokens = "thinking_tokens"
        }
    }

    package struct Browser: Sendable, Hashable, Decodable {
        package struct Custom: Sendable, Hashable, Decodable {
            package var name: String
            package var signing: Bool
        }

        package var sessionSeconds: Int
        package var custom: Custom?

        private enum CodingKeys: String, CodingKey {
            case custom
            case sessionSeconds = "session_seconds"
        }
    }

    package struct Memory: Sendable, Hashable, Decodable {
        package var name: String
        package var eventDays: Int

        private enum CodingKeys: String, CodingKey {
            case name
            case eventDays = "event_days"
        }
    }

    package struct Cognito: Sendable, Hashable, Decodable {
        package var poolName: String
        package var clientName: String
        package var domainPrefix: String
        package var signUp: String
        package var localhost: Bool?

        private enum CodingKeys: String, CodingKey {
            case localhost
            case signUp = "sign_up"
            case poolName = "pool_name"
            case clientName = "client_name"
            case domainPrefix = "domain_prefix"
        }
    }

    package struct Backend: Sendable, Hashable, Decodable {
        package var publicURL: String
        package var imageURI: String?
        package var certificateARN: String
        package var vpc: String
        package var publicSubnets: [String]
        package var privateSubnets: [String]
        package var count: Int

        private enum CodingKeys: String, CodingKey {
            case vpc, count
            case publicURL = "public_url"
            case imageURI = "image_uri"
            case certificateARN = "certificate_arn"
            case publicSubnets = "public_subnets"
            case privateSubnets = "private_subnets"
        }
    }

    package struct Observability: Sendable, Hashable, Decodable {
        package var logDays: Int
        package var alarmTopicARN: String?
        package var capturesContent: Bool

        private enum CodingKeys: String, CodingKey {
            case capturesContent = "capture_content"
            case logDays = "log_days"
            case alarmTopicARN = "alarm_topic_arn"
        }
    }

    package var project: String
    package var region: String
    package var regions: Regions?
    package var account: String?
    package var image: Image?
    package var agents: Agents
    package var models: Models
    package var browser: Browser
    package var memory: Memory?
    package var cognito: Cognito
    package var backend: Backend?
    package var observability: Observability

    /// The region of Cognito and DynamoDB.
    package var dataRegion: String { self.regions?.data ?? self.region }
}
