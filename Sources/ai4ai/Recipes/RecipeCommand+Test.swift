import ArgumentParser
import DemoSite
import Evaluation
import Recipes
import RuntimeProtocol

extension RecipeCommand {
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a recipe of the demo site, also on a site that has changed.",
            discussion: """
                Each trial has a demo site and a browser of its own, and no agent. With --mutate the site is changed in each \
                of the ways that the recipe is known to meet. Exits with an error if one ends otherwise than it should.
                """)
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "The values of its parameters, as NAME=VALUE.") var values: [String] = []
        @Flag(help: "Also on a site that has changed.") var mutate = false

        func run() async throws {
            let values = try RecipeCommand.values(self.values)
            guard
                let file = DemoSite.recipes(at: "https://demo.example").first(where: { $0.file == "\(self.name).json" })
            else {
                let names = DemoSite.recipes(at: "").map { $0.file.dropLast(".json".count) }.joined(separator: ", ")
                throw ValidationError("'\(self.name)' is no recipe of the demo site. There are: \(names).")
            }
            _ = try Recipe(text: file.text, file: file.file).checked(values)
            var isRight = true
            let plain = try await RecipeTrial().run(file.text, values: values)
            print("unchanged\t\(plain.end.words)")
            for mutation in Mutation.all where self.mutate && mutation.recipe == self.name {
                let result = try await RecipeTrial().run(file.text, values: values, mutation: mutation)
                let isExpected = result.end.fits(mutation.outcome, without: plain.end)
                isRight = isRight && isExpected
                print("\(mutation.id)\t\(mutation.words)\t\(isExpected ? "" : "WRONG: ")\(result.end.words)")
            }
            if !isRight { throw ExitCode.failure }
        }
    }
}

extension RecipeTrial.End {
    fileprivate var words: String {
        switch self {
        case .answered(let text): "answered: \(text)"
        case .stopped(let reason): "stopped: \(reason)"
        case .asked(let question): "asked: \(question)"
        }
    }

    fileprivate func fits(_ outcome: Mutation.Outcome, without plain: RecipeTrial.End) -> Bool {
        switch (outcome, self) {
        case (.works, _): self == plain || plain.isQuestion && self.isQuestion
        case (.leaves, .stopped), (.stops, .stopped), (.stops, .asked): true
        case (.leaves, _), (.stops, .answered): false
        }
    }

    private var isQuestion: Bool {
        if case .asked = self { true } else { false }
    }
}
