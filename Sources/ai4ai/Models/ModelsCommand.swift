import ArgumentParser
import Models
import RuntimeApp
import Settings

/// The command that lists the models that can be chosen on this machine.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that AI4AI_MODEL can choose here.",
        discussion: """
            Asks Ollama on this machine, Amazon Bedrock with the credentials that are there, Anthropic and OpenAI if \
            their keys are set, and the server of AI4AI_MODEL_URL.
            """)

    func run() async throws {
        let settings = try Settings.fromEnvironment()
        for source in ModelSources(settings).all {
            print("\(source.name)")
            do {
                let models = try await source.models()
                print(models.isEmpty ? "  none" : Self.table(of: models))
            } catch {
                print("  \(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
            }
            print("")
        }
        print("Now: \(settings.model.choice.name). Choose one with AI4AI_MODEL=NAME.")
    }

    private static func table(of models: [ListedModel]) -> String {
        let width = models.map(\.setting.count).max() ?? 0
        return models.map { model in
            let remarks = model.remarks + (model.callsTools == false ? ["no tools: cannot be an agent"] : [])
            let pad = String(repeating: " ", count: width - model.setting.count)
            return remarks.isEmpty
                ? "  \(model.setting)" : "  \(model.setting)\(pad)  \(remarks.joined(separator: ", "))"
        }.joined(separator: "\n")
    }
}
