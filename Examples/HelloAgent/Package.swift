// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "HelloAgent",
    dependencies: [.package(name: "ai4ai", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "HelloAgent",
            dependencies: [.product(name: "AgentCoreRuntime", package: "ai4ai")]
        )
    ]
)
