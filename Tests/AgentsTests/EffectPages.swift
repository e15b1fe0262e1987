import AgentEvents
import Models

/// A page with one control, and the actions of an agent on it. `CASE` stands for the page's name.
struct EffectPage: Sendable {
    /// An action of the agent.
    enum Act: Sendable {
        case on(String, role: String, String, JSONValue = [:])
        case call(String, JSONValue)
        /// Opens a path of the site.
        case open(String)

        func turn(_ address: String, _ page: String) -> ScriptedModel.Turn {
            switch self {
            case .on(let tool, let role, let name, let input): .callOn(tool, role: role, name: name, input)
            case .call(let tool, let input): .call(tool, input)
            case .open(let path):
                .call("navigate", ["url": .string("\(address)\(path.replacing("CASE", with: page))")])
            }
        }
    }

    var name: String
    var html: String
    var acts: [Act]
    /// Whether the effect occurs only after a delay.
    var isLate = false
    /// Whether the site can observe the effect.
    var reaches = true

    init(_ name: String, _ html: String, _ acts: Act..., isLate: Bool = false, reaches: Bool = true) {
        self.name = name
        self.html = html
        self.acts = acts
        self.isLate = isLate
        self.reaches = reaches
    }

    /// A page with a button that sends a POST request.
    private static func posting(_ name: String, _ label: String) -> EffectPage {
        EffectPage(
            name, "<button type=button onclick=\"\(Self.post)\">\(label)</button>",
            .on("click", role: "button", label))
    }

    private static let post = "fetch('/taken?CASE', {method: 'POST', body: 'x'})"

    /// A page that sends a POST request while it loads.
    static let landing = "<script>fetch('/hits', {method: 'POST', body: '1'})</script><h1>Landed</h1>"

    /// The pages whose effects the tests also approve and perform.
    static let once: Set = ["word-german", "form-continue", "double", "beacon", "graphql-mutation", "get-do"]

    static let consequential: [EffectPage] = [
        // Labels of any kind, in any language.
        posting("word-german", "Jetzt kaufen"), posting("word-arabic", "ادفع الآن"), posting("word-thai", "ชำระเงิน"),
        posting("word-hindi", "भुगतान करें"), posting("word-russian", "Оплатить"), posting("word-korean", "결제하기"),
        posting("word-spanish", "Finalizar compra"), posting("word-turkish", "Siparişi tamamla"),
        posting("word-refund", "Issue the refund"), posting("word-go", "Go"), posting("word-okay", "Okay"),
        posting("word-joined", "BuyNow"), posting("word-lookalike", "Pаy"),
        EffectPage(
            "no-name", "<button type=button onclick=\"\(post)\"><svg width=20 height=20></svg></button>",
            .on("click", role: "button", "")),
        EffectPage(
            "lying-name", "<button type=button aria-label=Details onclick=\"\(post)\">Pay RM 10</button>",
            .on("click", role: "button", "Details")),
        // Any way of sending.
        EffectPage(
            "form-continue",
            "<form method=post action='/taken?CASE'><input name=a value=1><button>Continue</button></form>",
            .on("click", role: "button", "Continue")),
        EffectPage(
            "form-script",
            "<form id=f method=post action='/taken?CASE'></form><a href='#' onclick='f.submit()'>Next</a>",
            .on("click", role: "link", "Next")),
        EffectPage(
            "form-new-tab", "<form method=post target=_blank action='/taken?CASE'><button>Open</button></form>",
            .on("click", role: "button", "Open")),
        EffectPage(
            "form-attribute", "<form id=f method=post action='/taken?CASE'></form><button form=f>Details</button>",
            .on("click", role: "button", "Details")),
        EffectPage(
            "xhr",
            "<button type=button onclick=\"x = new XMLHttpRequest(); x.open('PUT', '/taken?CASE'); x.send('1')\">Save</button>",
            .on("click", role: "button", "Save")),
        EffectPage(
            "delete-method",
            "<button type=button onclick=\"fetch('/taken?CASE', {method: 'DELETE'})\">Clean up</button>",
            .on("click", role: "button", "Clean up")),
        EffectPage(
            "beacon", "<button type=button onclick=\"navigator.sendBeacon('/taken?CASE', 'x')\">Finish</button>",
            .on("click", role: "button", "Finish")),
        EffectPage(
            "keepalive",
            "<button type=button onclick=\"fetch('/taken?CASE', {method: 'POST', body: 'x', keepalive: true}); location = '/help'\">Leave</button>",
            .on("click", role: "button", "Leave")),
        EffectPage(
            "graphql-mutation",
            """
            <button type=button onclick="fetch('/taken?CASE', {method: 'POST', headers: {'content-type': 'application/json'},
            body: JSON.stringify({query: 'mutation { order(id: 1) { id } }'})})">See more</button>
            """, .on("click", role: "button", "See more")),
        EffectPage(
            "worker",
            """
            <button type=button onclick="new Worker(window.URL.createObjectURL(new Blob(['fetch(`' + location.origin
            + '/taken?CASE`, {method: `POST`, body: `x`})'])))">Start</button>
            """, .on("click", role: "button", "Start"), isLate: true),
        EffectPage(
            "shared-worker",
            """
            <button type=button id=b>Balance</button><script>const worker = new SharedWorker(window.URL.createObjectURL(new Blob([
            "onconnect = (e) => { e.ports[0].onmessage = (m) => fetch(m.data, {method: 'POST', body: 'x'}) }"])));
            worker.port.start(); b.onclick = () => worker.port.postMessage(location.origin + '/taken?CASE')</script>
            """, .on("click", role: "button", "Balance"), isLate: true),
        EffectPage(
            "leaving",
            "<a href='/help'>Help</a><script>onpagehide = () => navigator.sendBeacon('/taken?CASE', 'x')</script>",
            .on("click", role: "link", "Help"), isLate: true),
        EffectPage(
            "graphql-decoy",
            #"""
            <button type=button id=b>See more</button><script>b.onclick = () => fetch('/taken?CASE', {method: 'POST',
            headers: {'content-type': 'application/json'}, body: JSON.stringify({query:
            '# query\nquery A { a(note: "mutation {") { id } } mutation B { pay }', operationName: 'B'})})</script>
            """#, .on("click", role: "button", "See more")),
        EffectPage(
            "rpc-batch",
            """
            <button type=button id=b>Refresh</button><script>b.onclick = () => fetch('/taken?CASE', {method: 'POST',
            body: JSON.stringify([{jsonrpc: '2.0', id: 1, method: 'list'}, {jsonrpc: '2.0', id: 2, method: 'order.place'}])})</script>
            """, .on("click", role: "button", "Refresh")),
        EffectPage(
            "trained",
            """
            <button type=button id=b>Load more</button><script>const send = (hash) => fetch('/taken?CASE', {method: 'POST',
            body: JSON.stringify({operationName: 'getFeed', extensions: {persistedQuery: {sha256Hash: hash}}})});
            fetch('/hits?CASE', {method: 'POST', body: 'x'}); b.onclick = () => send('b'.repeat(64))</script>
            """, .on("click", role: "button", "Load more")),
        EffectPage(
            "method-field",
            """
            <form method=post action='/taken?CASE'><input type=hidden name=_method value=delete><button>Search</button></form>
            """, .on("click", role: "button", "Search")),
        EffectPage(
            "get-vote", "<button type=button onclick=\"new Image().src = '/taken?vote=A&for=CASE'\">Results</button>",
            .on("click", role: "button", "Results")),
        EffectPage(
            "frame",
            "<iframe srcdoc=\"<button onclick=&quot;parent.fetch('/taken?CASE', {method: 'POST', body: 'x'})&quot;>Yes</button>\"></iframe>",
            .on("click", role: "button", "Yes")),
        EffectPage(
            "get-link", "<a href='/taken?CASE'>Delete my account</a>", .on("click", role: "link", "Delete my account")),
        EffectPage(
            "get-do",
            "<form action='/taken/CASE'><input type=hidden name=action value=approve><button>OK</button></form>",
            .on("click", role: "button", "OK")),
        EffectPage("get-address", "<p>Nothing here.</p>", .open("/taken?remove=1&for=CASE")),
        EffectPage("get-path", "<a href='/taken/unsubscribe-CASE'>Here</a>", .on("click", role: "link", "Here")),
        EffectPage(
            "link-listener",
            "<a id=x href='/help'>Show</a><script>x.onclick = (e) => { e.preventDefault(); \(post) }</script>",
            .on("click", role: "link", "Show")),
        EffectPage(
            "form-get-picture", "<form action=/taken/CASE><input type=image src=/x.png width=60 height=30></form>",
            .on("click", role: "button", "")),
        EffectPage(
            "form-get-agree",
            "<form action=/taken/CASE><label><input type=checkbox name=agree> I agree</label><button>Submit</button></form>",
            .on("click", role: "button", "Submit")),
        EffectPage(
            "checkout-order",
            "<form method=post action='/checkout/shipping-address/order?to=/taken/CASE'><button>Continue</button></form>",
            .on("click", role: "button", "Continue")),
        EffectPage(
            "editor-publishes",
            "<button type=button onclick=\"fetch('/api/contents/plan?to=/taken/CASE', {method: 'PUT', body: JSON.stringify({content: 'x', visibility: 'public'})})\">Keep</button>",
            .on("click", role: "button", "Keep")),
        EffectPage(
            "editor-posts",
            "<button type=button onclick=\"fetch('/api/notes?to=/taken/CASE', {method: 'POST', body: JSON.stringify({text: 'I resign'})})\">Keep</button>",
            .on("click", role: "button", "Keep")),
        // Any trigger.
        EffectPage(
            "hover", "<button type=button onmouseover=\"\(post)\">Menu</button>", .on("hover", role: "button", "Menu")),
        EffectPage(
            "pointer", "<button type=button onpointerdown=\"\(post)\">Look</button>",
            .on("click", role: "button", "Look")),
        EffectPage(
            "select",
            "<select aria-label=Plan onchange=\"\(post)\"><option>-</option><option>Gold</option></select>",
            .on("select", role: "combobox", "Plan", ["option": "Gold"])),
        EffectPage(
            "check", "<label><input type=checkbox onchange=\"\(post)\"> Weekly</label>",
            .on("check", role: "checkbox", "Weekly", ["checked": true])),
        EffectPage(
            "full-field",
            "<label>Code <input id=o maxlength=4></label><script>o.oninput = () => { if (o.value.length == 4) \(post) }</script>",
            .on("fill", role: "textbox", "Code", ["text": "1234"])),
        EffectPage(
            "typed",
            "<label>Code <input id=o></label><script>o.onkeyup = () => { if (o.value.length == 4) \(post) }</script>",
            .on("type", role: "textbox", "Code", ["text": "1234"])),
        EffectPage(
            "key", "<label>Say <input onkeydown=\"if (event.key == 'Enter') \(post)\"></label>",
            .on("press", role: "textbox", "Say", ["key": "Control+Enter"])),
        EffectPage(
            "scroll",
            "<div style='height:4000px'>Long</div><script>onscroll = () => { onscroll = null; \(post) }</script>",
            .call("scroll", ["pages": 1]), isLate: true),
        EffectPage(
            "timer", "<button type=button onclick=\"setTimeout(() => \(post), 200)\">Opening hours</button>",
            .on("click", role: "button", "Opening hours"), isLate: true),
        EffectPage(
            "double", "<button type=button onclick=\"\(post); \(post)\">Once</button>",
            .on("click", role: "button", "Once")),
        EffectPage(
            "storm",
            "<button type=button onclick=\"(async () => { for (let i = 0; i < 20; i++) try { await \(post) } catch {} })()\">Try</button>",
            .on("click", role: "button", "Try")),
        EffectPage(
            "closed-shadow",
            """
            <div id=h></div><script>const r = h.attachShadow({mode: 'closed'}); r.innerHTML = '<button>More</button>';
            r.querySelector('button').onclick = () => \(post)</script>
            """, .on("click", role: "button", "More")),
    ]

    private static func sending(_ name: String, _ path: String, _ body: String = "1", label: String = "Go")
        -> EffectPage
    {
        EffectPage(
            name,
            "<button type=button onclick=\"fetch('\(path)?from=CASE', {method: 'POST', body: '\(body)'})\">\(label)</button>",
            .on("click", role: "button", label))
    }

    static let harmless: [EffectPage] = [
        sending("cart", "/api/cart/add", label: "Add to basket"), sending("quantity", "/line/3/quantity", "quantity=2"),
        sending("search", "/search/suggestions"), sending("filter", "/products/filter"),
        sending("autosave", "/notes/7/autosave"),
        sending("consent", "/cookie-consent", label: "Only necessary"), sending("telemetry", "/telemetry/events"),
        EffectPage(
            "editor-saves",
            "<button type=button onclick=\"fetch('/api/contents/plan.txt?from=CASE', {method: 'PUT', body: JSON.stringify({content: 'x'})})\">Keep</button>",
            .on("click", role: "button", "Keep")),
        EffectPage(
            "editor-begins",
            "<button type=button onclick=\"fetch('/api/contents', {method: 'POST', body: JSON.stringify({path: '', type: 'directory'})})\">New folder</button>",
            .on("click", role: "button", "New folder"), reaches: false),
        EffectPage(
            "guest",
            "<form method=post action='/checkout/?from=CASE'><input type=hidden name=options value=guest><label>Mail <input name=mail></label>"
                + "<input type=password name=password disabled><button>Continue</button></form>",
            .on("click", role: "button", "Continue"), reaches: false),
        EffectPage(
            "checkout-address",
            "<form method=post action='/checkout/shipping-address/?from=CASE'><input name=city value=Ipoh><button>Continue</button></form>",
            .on("click", role: "button", "Continue")),
        EffectPage(
            "basket-less",
            "<form method=post action='/basket/?from=CASE'><input type=hidden name=form-0-DELETE value=on><button>Remove</button></form>",
            .on("click", role: "button", "Remove")),
        EffectPage(
            "wish-list",
            "<form method=post action='/wishlists/add/7/?from=CASE'><button>Add to wish list</button></form>",
            .on("click", role: "button", "Add to wish list")),
        EffectPage(
            "search-form",
            "<form method=post action='/find?from=CASE'><label>Town <input name=q></label><button>Look</button></form>",
            .on("fill", role: "textbox", "Town", ["text": "Kuala Lumpur"]), .on("click", role: "button", "Look")),
        EffectPage(
            "graphql-query",
            """
            <button type=button onclick="fetch('/graphql?from=CASE', {method: 'POST',
            headers: {'content-type': 'application/json'}, body: JSON.stringify({query: '{ offices { town } }'})})">More</button>
            """, .on("click", role: "button", "More")),
        EffectPage(
            "rpc",
            """
            <button type=button onclick="fetch('/rpc?from=CASE', {method: 'POST',
            body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'getOffices'})})">More</button>
            """, .on("click", role: "button", "More")),
        EffectPage(
            "graphql-batch",
            """
            <button type=button id=b>More</button><script>b.onclick = () => fetch('/api/graphql?from=CASE', {method: 'POST',
            headers: {'content-type': 'application/json'}, body: JSON.stringify([{query: 'query A { orders { canCancel } }'},
            {query: 'query B { me { id } }'}])})</script>
            """, .on("click", role: "button", "More")),
        EffectPage("link", "<a href='/help?from=CASE'>Go to payment</a>", .on("click", role: "link", "Go to payment")),
        EffectPage(
            "habit",
            """
            <script>setInterval(() => fetch('/alive?from=CASE', {method: 'POST', body: '1'}), 100)</script>
            <button type=button onclick="document.title = 'x'">More</button>
            """, .call("wait_for_text", ["text": "never", "seconds": 1]), .on("click", role: "button", "More"),
            isLate: true),
        EffectPage(
            "next-page", "<a href='/landing?from=CASE'>On</a>", .on("click", role: "link", "On"), isLate: true),
    ]
}
