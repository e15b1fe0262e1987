import ArgumentParser
import Deployment

/// The command group that manages who can sign in.
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, reset or remove those who may sign in.",
        discussion: "They are those of the user pool that ai4ai deploy has made of agentcore.yaml.",
        subcommands: [Add.self, Reset.self, Remove.self])

    struct Person: ParsableArguments {
        @Argument(help: "The address of e-mail that the person signs in with.") var email: String
        @OptionGroup var target: Deploy.Target

        func pool() async throws -> UserPool { try await self.target.deployment().people() }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add somebody. They get a mail with a first password; again, where they have not used it.")
        @OptionGroup var person: Person

        func run() async throws {
            let isNew = try await self.person.pool().add(self.person.email)
            print(
                "\(self.person.email) \(isNew ? "was added and" : "already exists and") gets a first password by email."
            )
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Have somebody choose a new password.")
        @OptionGroup var person: Person

        func run() async throws {
            try await self.person.pool().reset(self.person.email)
            print("\(self.person.email) gets a mail to choose a new password.")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove somebody. They are signed out within the hour; their chats stay.")
        @OptionGroup var person: Person

        func run() async throws {
            try await self.person.pool().remove(self.person.email)
            print("\(self.person.email) was removed.")
        }
    }
}
