// swift-tools-version:6.2
// Not higher: the toolchains that cross-build for arm64 read manifests up to 6.2.
import PackageDescription

// Errors where we build with the compiler that we test with (`make`); other compilers may warn of other things.
let warningSettings: [SwiftSetting] =
    Context.environment["AI4AI_WARNINGS"] == "errors" ? [.treatAllWarnings(as: .error)] : []

let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + warningSettings

// SwiftPM finds tests by an index of their targets. `make` has no other index built, which saves a sixth of the time.
let testSettings =
    swiftSettings
    + (Context.environment["AI4AI_TEST_INDEX"].map { [.unsafeFlags(["-index-store-path", $0])] } ?? [])

// With what `scripts/bundle-page.sh` has made (`make`, Dockerfile); without it, the page is served as plain modules.
let bundlesPage = Context.environment["AI4AI_PAGE_BUNDLE", default: ""] != ""

extension Target.Dependency {
    /// A product of a package that the libraries don't need. An outside package that names `traits: []` doesn't resolve it.
    static func application(_ product: String, _ package: String) -> Self {
        .product(name: product, package: package, condition: .when(traits: ["Application"]))
    }
}

let package = Package(
    name: "ai4ai",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "AgentCoreRuntime", targets: ["AgentCoreRuntime"]),
        .library(name: "BrowserAutomation", targets: ["BrowserAutomation"]),
        .executable(name: "ai4ai-runtime", targets: ["ai4ai-runtime"]),
        .executable(name: "ai4ai", targets: ["ai4ai"]),
    ],
    traits: [
        .trait(
            name: "Application",
            description:
                "The runtime, the backend, and the commands, beside the libraries AgentCoreRuntime and BrowserAutomation."
        ),
        .default(enabledTraits: ["Application"]),
    ],
    // `traits: []` leaves out what drags in full Foundation, which the container's program must not link.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Lowest first; CONTRIBUTING.md has a table of them.
        .target(name: "ServerSentEvents", swiftSettings: swiftSettings),
        .target(
            name: "WebSocket",
            dependencies: [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "WebSocketClient",
            dependencies: [
                "WebSocket",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Waiting", swiftSettings: swiftSettings),
        .target(name: "TextCoding", swiftSettings: swiftSettings),
        .target(name: "JSONText", swiftSettings: swiftSettings),
        .target(name: "AgentEvents", dependencies: ["JSONText"], swiftSettings: swiftSettings),
        .target(name: "DurableFile", dependencies: ["AgentEvents"], swiftSettings: swiftSettings),
        .target(name: "RuntimeProtocol", dependencies: ["AgentEvents"], swiftSettings: swiftSettings),
        .target(
            name: "Settings",
            dependencies: ["AgentEvents", .application("Configuration", "swift-configuration")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "BrowserAutomation",
            dependencies: [
                "AgentEvents", "JSONText", "TextCoding", "Waiting", "WebSocket", "WebSocketClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            resources: [.embedInCode("Page/Script")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AgentCoreRuntime",
            dependencies: [
                "JSONText", "ServerSentEvents", "TextCoding", "Waiting", "WebSocket",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AgentLoop",
            dependencies: [
                "AgentEvents", "DurableFile", "TextCoding",
                .product(name: "Logging", package: "swift-log"),
                .application("Metrics", "swift-metrics"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "HTTPTransport",
            dependencies: [
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AWSClient",
            dependencies: [
                "AgentEvents", "HTTPTransport", "TextCoding", "WebSocketClient",
                .application("AsyncHTTPClient", "async-http-client"),
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Observability",
            dependencies: [
                "AWSClient", "AgentEvents", "HTTPTransport", "TextCoding", "Waiting",
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .application("Metrics", "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AccessTokens",
            dependencies: [
                "AgentEvents", "HTTPTransport", "TextCoding",
                .application("AsyncHTTPClient", "async-http-client"),
                .application("CryptoExtras", "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "RuntimeClient",
            dependencies: [
                "AWSClient", "AgentEvents", "HTTPTransport", "RuntimeProtocol", "ServerSentEvents", "TextCoding",
                "WebSocket", "WebSocketClient",
                .application("AsyncHTTPClient", "async-http-client"),
                .application("Crypto", "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "PageText",
            dependencies: ["AgentEvents", "AgentLoop", "TextCoding"],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Models",
            dependencies: [
                "AWSClient", "AgentEvents", "AgentLoop", "HTTPTransport", "JSONText", "PageText", "ServerSentEvents",
                "TextCoding",
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Files",
            dependencies: [
                "AgentEvents", "CZlib", "DurableFile", "RuntimeProtocol", "TextCoding",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Vault",
            dependencies: [
                "AgentEvents", "DurableFile", "RuntimeProtocol", "TextCoding",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Recipes",
            dependencies: [
                "AgentEvents", "AgentLoop", "PageText", "RuntimeProtocol", "TextCoding", "Vault",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Agents",
            dependencies: [
                "AgentEvents", "AgentLoop", "BrowserAutomation", "DurableFile", "Files", "PageText", "Recipes",
                "RuntimeProtocol",
                "TextCoding", "Vault", "Waiting",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .application("Metrics", "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Search",
            dependencies: [
                "AgentEvents", "Agents", "HTTPTransport",
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AgentCoreServices",
            dependencies: [
                "AWSClient", "AgentEvents", "AgentLoop", "Agents", "BrowserAutomation", "Files", "RuntimeClient",
                "RuntimeProtocol", "TextCoding", "Vault", "WebSocket", "WebSocketClient",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "RuntimeApp",
            dependencies: [
                "AWSClient", "AccessTokens", "AgentCoreRuntime", "AgentCoreServices", "AgentEvents", "AgentLoop",
                "Agents", "BrowserAutomation", "DurableFile", "Files", "Models", "Observability", "Recipes",
                "RuntimeProtocol",
                "Search", "ServerSentEvents", "Settings", "TextCoding", "Vault", "WebSocket",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "DemoSite",
            dependencies: [
                "TextCoding", "Vault",
                .application("Crypto", "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Recipes")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Evaluation",
            dependencies: [
                "AgentEvents", "AgentLoop", "Agents", "BrowserAutomation", "DemoSite", "Files", "HTTPTransport",
                "Models",
                "Recipes", "RuntimeProtocol", "TextCoding", "Vault",
                .application("AsyncHTTPClient", "async-http-client"),
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .application("Yams", "Yams"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "ChatStore",
            dependencies: [
                "AWSClient", "AgentEvents", "TextCoding",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "ChatStoreSQLite",
            dependencies: ["AgentEvents", "ChatStore", .application("GRDB", "GRDB.swift")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Backend",
            dependencies: [
                "AWSClient", "AccessTokens", "AgentCoreRuntime", "AgentEvents", "ChatStore", "HTTPTransport",
                "JSONText",
                "RuntimeClient", "RuntimeProtocol", "ServerSentEvents", "Settings", "TextCoding", "Waiting",
                "WebSocket", "WebSocketClient",
                .application("AsyncAlgorithms", "swift-async-algorithms"),
                .application("AsyncHTTPClient", "async-http-client"),
                .application("Crypto", "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .application("Metrics", "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["API/openapi.json", "Bundle", "Page"],
            swiftSettings: swiftSettings + (bundlesPage ? [.define("PAGE_BUNDLE")] : []),
            plugins: ["EmbedText"]
        ),
        .plugin(name: "EmbedText", capability: .buildTool(), dependencies: ["embed-text"]),
        .executableTarget(name: "embed-text", swiftSettings: swiftSettings),
        .target(
            name: "Deployment",
            dependencies: [
                "AWSClient", "AgentEvents", "TextCoding",
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .application("Yams", "Yams"),
            ],
            resources: [.embedInCode("Description/agentcore.schema.json")],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "ai4ai-runtime",
            dependencies: [
                "AgentCoreRuntime", "Files", "RuntimeApp", "Settings",
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "ai4ai",
            dependencies: [
                "AWSClient", "AgentCoreRuntime", "AgentCoreServices", "AgentEvents", "AgentLoop", "Agents",
                "Backend", "BrowserAutomation", "ChatStore", "ChatStoreSQLite", "DemoSite", "Deployment",
                "Evaluation", "Files", "HTTPTransport", "Models", "Recipes", "RuntimeApp", "RuntimeClient",
                "RuntimeProtocol", "Settings", "TextCoding", "WebSocketClient",
                .application("ArgumentParser", "swift-argument-parser"),
                .application("AsyncHTTPClient", "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "contract-agent",
            dependencies: ["AgentCoreRuntime", .product(name: "Logging", package: "swift-log")],
            path: "Tests/ContractAgent",
            swiftSettings: swiftSettings
        ),

        .executableTarget(
            name: "aws-probe",
            dependencies: [
                "AWSClient", "AgentCoreServices", "AgentEvents", "AgentLoop", "BrowserAutomation", "Models",
                "RuntimeClient", "WebSocketClient",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/AWSProbe",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "browser-probe",
            dependencies: ["AgentEvents", "BrowserAutomation", .product(name: "Logging", package: "swift-log")],
            path: "Tests/BrowserProbe",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "autobahn-client",
            dependencies: ["WebSocketClient"],
            path: "Tests/AutobahnClient",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "aws-bench",
            dependencies: ["AWSClient", "AgentEvents", .product(name: "NIOCore", package: "swift-nio")],
            path: "Benchmarks/AWSBench",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "browser-bench",
            dependencies: ["BrowserAutomation", .product(name: "Logging", package: "swift-log")],
            path: "Benchmarks/BrowserBench",
            swiftSettings: swiftSettings
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "BrowserAutomation", "DemoSite", "WebSocket",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ServerSentEventsTests", dependencies: ["ServerSentEvents", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "WebSocketTests",
            dependencies: ["TestSupport", "WebSocket", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: testSettings
        ),
        .testTarget(name: "TextCodingTests", dependencies: ["TextCoding"], swiftSettings: testSettings),
        .testTarget(
            name: "FilesTests",
            dependencies: ["AgentEvents", "DemoSite", "Files", "RuntimeProtocol", "TestSupport"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "VaultTests",
            dependencies: [
                "AgentEvents", "RuntimeProtocol", "Vault",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings),
        .testTarget(name: "WaitingTests", dependencies: ["Waiting"], swiftSettings: testSettings),
        .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: testSettings),
        .testTarget(
            name: "RuntimeProtocolTests", dependencies: ["AgentEvents", "RuntimeProtocol", "TestSupport"],
            swiftSettings: testSettings),
        .testTarget(
            name: "RuntimeClientTests",
            dependencies: [
                "AWSClient", "AgentEvents", "RuntimeClient", "RuntimeProtocol", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings),
        .testTarget(name: "AgentEventsTests", dependencies: ["AgentEvents"], swiftSettings: testSettings),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", .application("Configuration", "swift-configuration")],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AWSClientTests",
            dependencies: [
                "AWSClient", "AgentEvents", "TestSupport", "TextCoding",
                .application("Crypto", "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AccessTokensTests",
            dependencies: [
                "AccessTokens", "AgentEvents", "TextCoding",
                .application("Crypto", "swift-crypto"),
                .application("CryptoExtras", "swift-crypto"),
                .application("JWTKit", "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ObservabilityTests",
            dependencies: [
                "AgentEvents", "Observability",
                .application("Metrics", "swift-metrics"),
                .application("Tracing", "swift-distributed-tracing"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "BrowserAutomationTests",
            dependencies: [
                "AgentEvents", "BrowserAutomation", "DemoSite", "TestSupport", "Waiting", "WebSocketClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AgentCoreRuntimeTests",
            dependencies: [
                "AgentCoreRuntime", "WebSocketClient",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AgentLoopTests",
            dependencies: [
                "AgentEvents", "AgentLoop", "Models", "TestSupport", "TextCoding",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ModelsTests",
            dependencies: ["AgentEvents", "AgentLoop", "Models", "PageText", "TestSupport"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AgentsTests",
            dependencies: [
                "AgentEvents", "AgentLoop", "Agents", "BrowserAutomation", "DemoSite", "Files", "Models",
                "RuntimeProtocol", "TestSupport", "Vault",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ChatStoreTests",
            dependencies: [
                "AWSClient", "AgentEvents", "ChatStore", "ChatStoreSQLite",
                .application("GRDB", "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "BackendTests",
            dependencies: [
                "AgentEvents", "Backend", "ChatStore", "ChatStoreSQLite", "Settings",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "AgentCoreServicesTests",
            dependencies: [
                "AWSClient", "AgentCoreServices", "AgentEvents", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "RuntimeAppTests",
            dependencies: [
                "AgentCoreServices", "AgentEvents", "AgentLoop", "Agents", "BrowserAutomation", "Models",
                "RuntimeApp", "Settings",
                .application("Configuration", "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(name: "DeploymentTests", dependencies: ["AgentEvents", "Deployment"], swiftSettings: testSettings),
        .testTarget(
            name: "RecipesTests",
            dependencies: [
                "AgentEvents", "AgentLoop", "DemoSite", "PageText", "Recipes", "RuntimeProtocol", "TestSupport",
                "Vault",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "AgentEvents", "AgentLoop", "DemoSite", "Evaluation", "Models", "PageText", "TestSupport",
            ],
            swiftSettings: testSettings
        ),
    ]
)
