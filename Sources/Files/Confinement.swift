import FoundationEssentials

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// Limits for programs that read files of strangers, such as `pdftotext`: a file that makes them misbehave can use little
/// memory and time, write nothing into files, and start no program. They get no environment, and never run as root.
///
/// The limits don't keep a program that is taken over from reading files or opening connections as its user; that's left
/// to the container.
///
/// Our own programs set the limits on themselves and then become the other program, because the runtime's image has no
/// shell that could.
public enum Confinement {
    /// The command of our programs: `ai4ai-runtime confined /usr/bin/pdftotext …`.
    public static let command = "confined"

    private static let memory: UInt = 256 << 20
    private static let seconds: UInt = 10

    /// Our own program, or the one next to it if this is another, such as a test.
    static var program: String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let name = own.split(separator: "/").last ?? ""
        if name == "ai4ai" || name == "ai4ai-runtime" { return own }
        return own.dropLast(name.utf8.count) + "ai4ai-runtime"
    }

    /// Limits this process, and replaces it with another program.
    /// - Parameter arguments: The path of the program and its arguments.
    public static func become(_ arguments: [String]) -> Never {
        guard let program = arguments.first else { self.fail("No program is named.") }
        // Allocate everything before memory is limited: this process uses more than the limit already.
        var argv = arguments.map { strdup($0) }
        argv.append(nil)
        if geteuid() == 0 { self.dropRoot() }
        self.limit(.files, to: 0)
        self.limit(.dumps, to: 0)
        self.limit(.processes, to: 0)
        self.limit(.seconds, to: Self.seconds)
        self.limit(.memory, to: Self.memory)
        execv(program, argv)
        self.fail("\(program) cannot be run: \(String(cString: strerror(errno)))")
    }

    /// Becomes the user `nobody`. Before the limits, because a change of user counts the new user's processes.
    private static func dropRoot() {
        let nobody: UInt32 = 65534
        guard setgroups(0, nil) == 0, setgid(nobody) == 0, setuid(nobody) == 0 else {
            self.fail("Root's rights cannot be given up: \(String(cString: strerror(errno)))")
        }
    }

    private static func fail(_ message: String) -> Never {
        fputs("confined: \(message)\n", stderr)
        exit(127)
    }

    private enum Resource { case files, dumps, processes, seconds, memory }

    private static func limit(_ resource: Resource, to value: UInt) {
        var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
        #if canImport(Glibc)
            let processes = __RLIMIT_NPROC
        #else
            let processes = RLIMIT_NPROC
        #endif
        let name =
            switch resource {
            case .files: RLIMIT_FSIZE
            case .dumps: RLIMIT_CORE
            case .processes: processes
            case .seconds: RLIMIT_CPU
            case .memory: RLIMIT_AS
            }
        #if canImport(Glibc)
            let isSet = setrlimit(__rlimit_resource_t(name.rawValue), &limit) == 0
        #else
            let isSet = setrlimit(name, &limit) == 0
        #endif
        if !isSet { self.fail("The limits cannot be set: \(String(cString: strerror(errno)))") }
    }
}
