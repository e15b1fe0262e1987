import TextCoding

/// The pages of the portal.
enum Pages {
    static let search = Page(
        title: "Road tax check",
        body: """
            <h1>Check your road tax</h1><p>See when your road tax ends and what the next year costs.</p>
            <form action="/check" method="post">
            <label for="plate">Plate number</label><input id="plate" name="plate" required autocomplete="off">
            <label for="kind">Vehicle type</label><select id="kind" name="kind"><option>Car</option>
            <option>Motorcycle</option><option>Lorry</option></select>
            <label><input type="checkbox" name="remind" value="yes"> Remind me by e-mail</label>
            <button>Check</button></form>
            <div class="shade" id="shade" role="dialog" aria-label="Cookies"><div class="cookies">
            <p>We use cookies to make this site work and to count visits.</p>
            <button onclick="choose('all')">Accept all</button>
            <button class="plain" onclick="choose('necessary')">Only necessary</button></div></div>
            <script>
            const shade = document.getElementById('shade');
            function choose(which) { localStorage.setItem('cookies', which); shade.remove(); }
            if (localStorage.getItem('cookies')) shade.remove();
            </script>
            """)

    static func result(plate: String, vehicle: Vehicle?) -> Page {
        let plateText = Page.escape(plate)
        guard let vehicle else {
            return Page(
                title: "No vehicle found",
                body: """
                    <h1>No vehicle found</h1><p class="error" role="alert">There is no vehicle with the plate number
                    \(plateText). Check the spelling.</p><a class="button" href="/">Search again</a>
                    """)
        }
        return Page(
            title: "Road tax of \(plate)",
            body: """
                <h1>Road tax of \(plateText)</h1><table><tr><th>Plate number</th><td>\(plateText)</td></tr>
                <tr><th>Vehicle</th><td>\(vehicle.model)</td></tr>
                <tr><th>Road tax ends</th><td>\(vehicle.expiry)</td></tr>
                <tr><th>Amount due</th><td>\(vehicle.amount)</td></tr></table>
                <a class="button" href="/pay?plate=\(PercentCoding.encode(plate))">Go to payment</a>
                <p><a href="/receipt?plate=\(PercentCoding.encode(plate))&amp;year=2025">Receipt of 2025</a></p>
                """)
    }

    static func payment(plate: String, vehicle: Vehicle?) -> Page {
        let amount = vehicle?.amount ?? "RM 0.00"
        return Page(
            title: "Payment",
            body: """
                <h1>Pay \(amount)</h1><p>Road tax of \(Page.escape(plate)), one year.</p>
                <form action="/pay" method="post" onsubmit="return confirm('Pay \(amount) now?')">
                <input type="hidden" name="plate" value="\(Page.escape(plate))">
                <label for="card">Card number</label><input id="card" name="card" inputmode="numeric">
                <label for="code">Security code</label><input id="code" name="code" type="password">
                <button>Pay \(amount)</button></form>
                """)
    }

    static func paid(plate: String) -> Page {
        Page(
            title: "Paid",
            body: """
                <h1>Thank you</h1><p>Your payment was received.</p>
                <a class="button" href="/receipt?plate=\(PercentCoding.encode(plate))&amp;year=2026">Download receipt</a>
                """)
    }

    static func payments(plate: String, isPaid: Bool) -> Page {
        Page(
            title: "Payments",
            body: """
                <h1>Payments</h1><p>\(isPaid ? "Paid for \(Page.escape(plate)), one year." : "There are no payments.")</p>
                """)
    }

    static func signIn(failed: Bool) -> Page {
        Page(
            title: "Sign in",
            body: """
                <h1>Sign in</h1>\(failed ? "<p class=\"error\" role=\"alert\">E-mail or password is wrong.</p>" : "")
                <form action="/sign-in" method="post"><label for="email">E-mail</label>
                <input id="email" name="email" type="email"><label for="password">Password</label>
                <input id="password" name="password" type="password"><button>Sign in</button></form>
                """)
    }

    static let account = Page(
        title: "My account",
        body: """
            <h1>Welcome, Aminah</h1><dl><dt>Vehicles</dt><dd>2</dd><dt>Open summonses</dt><dd>1</dd>
            <dt>Summons amount</dt><dd>RM 150.00</dd></dl>
            """)

    static let slow = Page(
        title: "Queue number",
        body: """
            <h1>Your queue number</h1><p id="state">Please wait…</p>
            <script>setTimeout(() => { document.getElementById('state').textContent = 'Your number is 42'; }, 1500)</script>
            """)

    static let offices = Page(
        title: "Offices",
        body: """
            <h1>Offices</h1><p>Find the office nearest to you.</p>
            <iframe src="/offices/finder" title="Office finder"></iframe>
            """)

    static let officeFinder = Page(
        title: "Office finder",
        body: """
            <form action="/offices/finder" method="post"><label for="town">Town</label>
            <input id="town" name="town"><button>Find office</button></form>
            """, hasFrame: false)

    static func officeFound(town: String) -> Page {
        Page(
            title: "Office finder",
            body: "<p>Nearest office: Jalan Utama 5, \(Page.escape(town))</p><p>Opening hours: 8:00 to 17:00</p>",
            hasFrame: false)
    }
}
