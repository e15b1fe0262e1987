import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization
import TextCoding

/// A road tax portal for practice: a search form behind a cookie banner, sign-in, a result table, a payment page with a
/// confirmation, pages that take documents, a members' area with one-time codes, a list on twelve pages, a report that takes its
/// time, a slow page, and a frame. It behaves like a real portal without touching anything real.
///
/// It records the forms that it receives, so that a test can check what an agent did instead of what it reports.
public struct DemoSite: Service {
    /// A submitted form.
    public struct Submission: Sendable, Hashable, Codable {
        public var path: String
        public var fields: [String: String]

        public init(path: String, fields: [String: String]) {
            self.path = path
            self.fields = fields
        }
    }

    private final class Record: Sendable {
        let submissions = Mutex<[Submission]>([])
    }

    private let port: Int
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void
    private let record = Record()
    private let sessions = Members.Sessions()

    /// Creates the site.
    /// - Parameters:
    ///   - port: The port on 127.0.0.1; 0 picks a free one.
    ///   - onListening: Called with the port once the site accepts requests.
    public init(
        port: Int = 0,
        logger: Logger = Logger(label: "demo-site") { _ in SwiftLogNoOpLogHandler() },
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.port = port
        self.logger = logger
        self.onListening = onListening
    }

    /// The submitted forms, in order.
    public var submissions: [Submission] { self.record.submissions.withLock { $0 } }

    /// Ends all sessions of the members' area, as portals do after some time.
    public func endSessions() { self.sessions.open.withLock { $0 = [] } }

    /// Serves until the surrounding task is cancelled or the process shuts down.
    public func run() async throws {
        let app = Application(
            router: self.routes(),
            configuration: .init(address: .hostname("127.0.0.1", port: self.port)),
            onServerRunning: { [onListening] channel in
                if let port = channel.localAddress?.port { await onListening(port) }
            },
            logger: self.logger
        )
        try await app.run()
    }

    private func routes() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: Mutation.Middleware())
        router.get("/") { _, _ in Pages.search.response }
        router.post("/check") { request, _ in
            let form = try await self.receive(request)
            let plate = form["plate", default: ""].uppercased()
            return Response.redirect(to: "/result?plate=\(PercentCoding.encode(plate))", type: .normal)
        }
        router.get("/result") { request, _ in
            let plate = FormCoding.decode(request.uri.query ?? "")["plate"] ?? ""
            return Pages.result(plate: plate, vehicle: Vehicle.find(plate)).response
        }
        router.get("/pay") { request, _ in
            let plate = FormCoding.decode(request.uri.query ?? "")["plate"] ?? ""
            return Pages.payment(plate: plate, vehicle: Vehicle.find(plate)).response
        }
        router.post("/pay") { request, _ in
            let form = try await self.receive(request)
            return Pages.paid(plate: form["plate"] ?? "").response
        }
        router.get("/payments") { request, _ in
            let plate = FormCoding.decode(request.uri.query ?? "")["plate"] ?? ""
            let isPaid = self.submissions.contains { $0.path == "/pay" && $0.fields["plate"] == plate }
            return Pages.payments(plate: plate, isPaid: isPaid).response
        }
        router.get("/receipt") { request, _ in
            let query = FormCoding.decode(request.uri.query ?? "")
            let plate = query["plate"] ?? ""
            guard let vehicle = Vehicle.find(plate) else { return Pages.result(plate: plate, vehicle: nil).response }
            return Receipt(plate: plate, vehicle: vehicle, year: query["year"] ?? "2026").response
        }
        router.get("/sign-in") { _, _ in Pages.signIn(failed: false).response }
        router.post("/sign-in") { request, _ in
            let form = try await self.receive(request)
            let isKnown = form["email"] == Self.member.email && form["password"] == Self.member.password
            return isKnown ? Pages.account.response : Pages.signIn(failed: true).response
        }
        router.get("/slow") { _, _ in
            try await Task.sleep(for: .seconds(1))
            return Pages.slow.response
        }
        router.get("/offices") { _, _ in Pages.offices.response }
        router.get("/offices/finder") { _, _ in Pages.officeFinder.response }
        router.post("/offices/finder") { request, _ in
            let form = try await self.receive(request)
            return Pages.officeFound(town: form["town"] ?? "").response
        }
        Documents { [record] submission in record.submissions.withLock { $0.append(submission) } }.add(to: router)
        Records().add(to: router)
        Members(sessions: self.sessions, receive: self.receive).add(to: router)
        router.get("/received") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: FormCoding.json(self.submissions))))
        }
        return router
    }

    private func receive(_ request: Request) async throws -> [String: String] {
        let body = try await request.body.collect(upTo: 64 * 1024)
        let fields = FormCoding.decode(String(buffer: body))
        self.record.submissions.withLock { $0.append(Submission(path: request.uri.path, fields: fields)) }
        return fields
    }
}

/// A vehicle that the portal knows.
struct Vehicle {
    var model: String
    var expiry: String
    var amount: String

    static func find(_ plate: String) -> Vehicle? {
        let letters = plate.filter { $0 != " " }.uppercased()
        // A fleet, for tests that need many.
        if letters.hasPrefix("DEMO"), let number = Int(letters.dropFirst(4)), (1...99).contains(number) {
            return Vehicle(model: "Perodua Axia 1.0", expiry: "1 March 2027", amount: "RM \(50 + number).00")
        }
        return switch letters {
        case "WXY1234": Vehicle(model: "Perodua Myvi 1.3", expiry: "31 December 2026", amount: "RM 70.00")
        case "ABC5678": Vehicle(model: "Proton Saga 1.3", expiry: "14 November 2026", amount: "RM 90.00")
        default: nil
        }
    }
}
