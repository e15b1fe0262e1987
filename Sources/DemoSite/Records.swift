import Hummingbird

/// The part of the portal with lists: summonses on twelve pages, and a report that is made while one waits.
struct Records: Sendable {
    static let count = 118
    private static let perPage = 10

    func add(to router: Router<BasicRequestContext>) {
        router.get("/summonses") { request, _ in
            let last = (Self.count + Self.perPage - 1) / Self.perPage
            let number = FormCoding.decode(request.uri.query ?? "")["page"].flatMap { Int($0) } ?? 1
            return Self.page(min(max(number, 1), last), of: last).response
        }
        router.get("/report") { _, _ in Self.report.response }
        router.get("/report/file") { _, _ in
            // Reports take as long as they take.
            try await Task.sleep(for: .seconds(2))
            let rows = (1...Self.count).map { Self.row($0).joined(separator: ",") }
            return Response(
                status: .ok,
                headers: [.contentType: "text/csv", .contentDisposition: "attachment; filename=\"report.csv\""],
                body: .init(byteBuffer: .init(string: "No.,Date,Offence,Amount\n" + rows.joined(separator: "\n"))))
        }
    }

    private static let offences = ["Speeding", "Parking", "Red light", "Mobile phone"]

    /// The cells of a summons. The amounts are different, so that a sum shows whether all were read.
    static func row(_ number: Int) -> [String] {
        let day = (number * 7) % 28 + 1
        return [
            "\(number)", "2026-\(number % 2 == 0 ? "03" : "04")-\(day < 10 ? "0" : "")\(day)",
            Self.offences[number % Self.offences.count], "RM \(100 + number).50",
        ]
    }

    private static func page(_ number: Int, of last: Int) -> Page {
        let first = (number - 1) * self.perPage + 1
        let end = min(first + self.perPage - 1, self.count)
        let rows = (first...end).map { number in
            "<tr>\(self.row(number).map { "<td>\($0)</td>" }.joined())</tr>"
        }
        let next = number < last ? "<a href=\"/summonses?page=\(number + 1)\">Next page</a>" : ""
        return Page(
            title: "Summonses",
            body: """
                <h1>Summonses</h1><table><thead><tr><th>No.</th><th>Date</th><th>Offence</th><th>Amount</th></tr></thead>
                <tbody>\(rows.joined(separator: "\n"))</tbody></table>
                <p>\(first) to \(end) of \(self.count) records</p><p>\(next)</p>
                """)
    }

    private static let report = Page(
        title: "Report",
        body: """
            <h1>Report of all summonses</h1><p id="state" role="status">It is not made yet.</p>
            <button id="make">Make the report</button>
            <script>
            document.getElementById('make').addEventListener('click', async () => {
              const state = document.getElementById('state');
              state.textContent = 'The report is being made…';
              const answer = await fetch('/report/file');
              const link = document.createElement('a');
              link.href = URL.createObjectURL(await answer.blob());
              link.download = 'report.csv';
              link.textContent = 'Save the report';
              state.replaceChildren('The report is ready. ', link);
            });
            </script>
            """)
}
