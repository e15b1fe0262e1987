// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "HelloBrowser",
    dependencies: [.package(name: "ai4ai", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "HelloBrowser",
            dependencies: [.product(name: "BrowserAutomation", package: "ai4ai")]
        )
    ]
)
