import Foundation
import PackagePlugin

/// Compiles the text files in a target's folders `Page` and `Bundle`, and the API's description, into it as string literals.
/// SwiftPM's `embedInCode` makes an array with an element for each byte, which takes the compiler minutes for a whole page.
@main struct EmbedText: BuildToolPlugin {
    /// Editors leave other files beside them.
    private static let endings: Set = ["css", "html", "js", "json", "svg"]
    private static let places = ["API/openapi.json", "Bundle", "Page"]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = target.directoryURL
        let files = try Self.places.map { root.appending(path: $0) }.flatMap(Self.files).sorted { $0.path < $1.path }
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedText.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) text files into \(target.name)",
                executable: try context.tool(named: "embed-text").url,
                arguments: [output.path, root.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
        ]
    }

    /// The file at this place, or the files in the folder there.
    private static func files(_ place: URL) throws -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else { return [] }
        return isFolder.boolValue
            ? try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
                .filter { Self.endings.contains($0.pathExtension) } : [place]
    }
}
