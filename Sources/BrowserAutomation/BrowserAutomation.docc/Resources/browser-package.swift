// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "MyBrowser",
    dependencies: [.package(name: "ai4ai", path: "../ai4ai", traits: [])],
    targets: [
        .executableTarget(
            name: "MyBrowser",
            dependencies: [.product(name: "BrowserAutomation", package: "ai4ai")]
        )
    ]
)
