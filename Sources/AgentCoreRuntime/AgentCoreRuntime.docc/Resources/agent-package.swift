// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "MyAgent",
    dependencies: [.package(name: "ai4ai", path: "../ai4ai", traits: [])],
    targets: [
        .executableTarget(
            name: "MyAgent",
            dependencies: [.product(name: "AgentCoreRuntime", package: "ai4ai")]
        )
    ]
)
