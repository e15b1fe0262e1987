import FoundationEssentials

extension EvalTask {
    /// Reads the `*.yaml` files in a folder, sorted by name.
    /// - Throws: ``EvalError`` for the first problem.
    package static func read(folder: String) throws -> [EvalTask] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw EvalError(.unreadable, folder, "cannot be read: \(error)")
        }
        guard !names.isEmpty else { throw EvalError(.noTasks, folder, "there is no file *.yaml in it") }
        return try names.map { try EvalTask(file: "\(folder)/\($0)") }
    }

    /// - Throws: ``EvalError``.
    private init(file: String) throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw EvalError(.unreadable, file, "cannot be read: \(error)")
        }
        try self.init(yaml: String(decoding: data, as: UTF8.self), file: file)
    }

    /// Parses a task file.
    /// - Parameter file: The file's path, for the task's name and for error messages.
    /// - Throws: ``EvalError`` for the first problem.
    package init(yaml: String, file: String) throws {
        let reader = try TaskReader(yaml: yaml, file: file)
        let name = file.split(separator: "/").last.map(String.init) ?? file
        self.init(
            name: name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name,
            request: try reader.text(.request), checks: try reader.maps(.checks).map(reader.check))
        let site = try reader.text(.site)
        if site != "demo" {
            let path = URL(filePath: file).deletingLastPathComponent().appending(path: "sites/\(site).yaml").path
            guard FileManager.default.fileExists(atPath: path) else {
                throw reader.problem(.site, "the site is 'demo', or is described in \(path), which isn't there")
            }
            self.site = try EvalSite(file: path)
        }
        self.answers = try reader.texts(.answers).map { answer in
            switch answer.text {
            case "approve": .approve
            case "reject": .reject
            default: .text(answer.text)
            }
        }
        self.secrets = try reader.texts(.secrets).map(reader.file)
        self.files = try reader.texts(.files).map(reader.file)
        if reader.has(.schema) { self.schema = try reader.json(.schema) }
        self.allowedDomains = try reader.texts(.allowedDomains).map(\.text)
        if let steps = try reader.number(.maxSteps) { self.maxSteps = steps }
        if let seconds = try reader.number(.maxSeconds) { self.maxSeconds = seconds }
        self.script = try reader.texts(.script).map(reader.step)
        if reader.has(.offline) {
            let checks = try reader.maps(.offlineChecks).map(reader.check)
            self.offline = Offline(request: try reader.text(.offline), checks: checks.isEmpty ? self.checks : checks)
        } else if reader.has(.offlineChecks) {
            throw reader.problem(.offlineChecks, "'offline_checks' belong to 'offline', which is missing")
        }
    }
}
