import ArgumentParser
import Files

/// The command that becomes another program, with limits; the agents read files of websites with it.
struct Confined: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Confinement.command, abstract: "Run a program with few rights.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough) var program: [String] = []

    func run() { Confinement.become(self.program) }
}
