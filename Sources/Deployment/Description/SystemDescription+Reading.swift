import AgentEvents
import Foundation
import Yams

extension SystemDescription {
    /// The published JSON Schema of `agentcore.yaml`.
    package static let schema = String(decoding: PackageResources.agentcore_schema_json, as: UTF8.self)

    /// The maximum file size, in bytes.
    private static let maxBytes = 1 << 20

    /// Reads and validates a description.
    /// - Parameter path: The path of the file.
    /// - Throws: ``DescriptionError`` with all problems.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Self.error(path, 1, "cannot be read. Copy it from the project, or name another file with --file")
        }
        guard data.count <= Self.maxBytes, let text = String(data: data, encoding: .utf8) else {
            throw Self.error(path, 1, "is no text of at most a megabyte")
        }
        self = try Self(yaml: text, file: path)
    }

    /// - Parameter file: The file name for messages.
    package init(yaml: String, file: String) throws {
        let document = try Self.document(yaml, file)
        var check = SchemaCheck(schema: try JSONValue(json: Self.schema), file: file)
        let value = check.check(document)
        guard check.problems.isEmpty else { throw DescriptionError(problems: check.problems) }
        self = try JSONDecoder().decode(Self.self, from: Data(value.json.utf8))
        let problems = self.issues.map { contradiction in
            DescriptionProblem(
                file: file, line: Self.line(of: contradiction.key, in: document), key: contradiction.key,
                message: contradiction.message)
        }
        guard problems.isEmpty else { throw DescriptionError(problems: problems) }
    }

    private static func document(_ yaml: String, _ file: String) throws -> Node {
        do {
            if let document = try compose(yaml: yaml) { return document }
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw Self.error(file, mark.line, "is no YAML: \(problem)")
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            throw Self.error(file, context.mark.line, "has twice: \(names.joined(separator: ", "))")
        } catch {
            throw Self.error(file, 1, "is no YAML: \(error)")
        }
        throw Self.error(file, 1, "is empty. The first line to write is: version: 1")
    }

    private static func error(_ file: String, _ line: Int, _ message: String) -> DescriptionError {
        DescriptionError(problems: [DescriptionProblem(file: file, line: line, key: "", message: "\(message).")])
    }

    /// The line of a key, or of its nearest ancestor in the document.
    private static func line(of key: String, in document: Node) -> Int {
        var node = document
        for name in key.split(separator: ".") {
            guard let next = node[String(name)] else { break }
            node = next
        }
        return node.mark?.line ?? 1
    }
}
