import HTTPTypes
import Hummingbird
import TextCoding

/// A way in which the site is another one than when a recipe was recorded: `?mutate=9`, from then on for the whole visit.
///
/// A recipe has to get the right answer, or stop; it must never do something else.
public struct Mutation: Sendable {
    /// What a recipe does on such a site.
    public enum Outcome: String, Sendable {
        /// It works as before.
        case works
        /// It can't know the way, and leaves the step to the agent; without one it stops.
        case leaves
        /// It stops, or asks the person.
        case stops
    }

    public let id: Int
    public let words: String
    public let outcome: Outcome
    /// The recipe that meets it.
    public let recipe: String
    /// The paths of the pages that it changes; all if it's empty.
    let paths: Set<String>
    let change: @Sendable (String) -> String

    init(
        _ id: Int, _ words: String, _ outcome: Outcome, of recipe: String = "road-tax-price",
        on paths: Set<String> = [],
        _ change: @escaping @Sendable (String) -> String
    ) {
        self.id = id
        self.words = words
        self.outcome = outcome
        self.recipe = recipe
        self.paths = paths
        self.change = change
    }

    /// The site's state for the page that is being made.
    @TaskLocal static var current: (mutation: Mutation, path: String)?

    /// Applies the mutation of the visit to a page.
    static func applied(to html: String) -> String {
        guard let (mutation, path) = self.current, mutation.paths.isEmpty || mutation.paths.contains(path) else {
            return html
        }
        return mutation.change(html)
    }

    /// Reads the mutation of a visit from the address, or from what it was before.
    struct Middleware: RouterMiddleware {
        private static let name = "mutate"

        func handle(
            _ request: Request, context: BasicRequestContext,
            next: (Request, BasicRequestContext) async throws -> Response
        ) async throws -> Response {
            let query = FormCoding.decode(request.uri.query ?? "")[Self.name]
            guard let text = query ?? request.cookies[Self.name]?.value, let id = Int(text),
                let mutation = Mutation.all.first(where: { $0.id == id })
            else { return try await next(request, context) }
            var response = try await Mutation.$current.withValue((mutation, request.uri.path)) {
                try await next(request, context)
            }
            response.setCookie(Cookie(name: Self.name, value: "\(id)", path: "/"))
            return response
        }
    }
}
