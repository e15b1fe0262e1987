import FoundationEssentials

/// What is long runs whole in `make test-all` alone, where `NIGHTLY` is set; `make test` tries a sample of it.
package enum Nightly {
    package static let isOn = ProcessInfo.processInfo.environment["NIGHTLY"] != nil

    /// All cases at night, and every `step`-th otherwise, the first among them.
    package static func cases<Case>(_ all: [Case], every step: Int) -> [Case] {
        self.isOn ? all : stride(from: 0, to: all.count, by: step).map { all[$0] }
    }
}
