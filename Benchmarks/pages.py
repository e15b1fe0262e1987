"""The pages on which the browser drivers are measured."""

import http.server
import threading


def mixed(count):
    """Returns a list of `count` rows with one control each: a link, button, field, or list."""
    controls = (
        '<a href="#i{0}">Open item {0}</a>',
        '<button type="button">Do action {0}</button>',
        '<label for="f{0}">Field {0}</label> <input id="f{0}" value="v{0}">',
        '<label for="s{0}">Choice {0}</label> <select id="s{0}"><option>one<option selected>two</select>',
    )
    rows = (f"<li><span>Row {i}</span> {controls[i % 4].format(i)}</li>" for i in range(count))
    return f"<!doctype html><title>mixed {count}</title><h1>Mixed</h1><ul>{''.join(rows)}</ul>"


def dense(count):
    """Returns a page with `count` buttons at fixed positions in one window."""
    buttons = (
        f'<button style="left:{i % 80 * 16}px;top:{i // 80 * 14}px">b{i}</button>' for i in range(count))
    style = "button { position: absolute; width: 15px; height: 13px; padding: 0; font-size: 5px; overflow: hidden }"
    return f"<!doctype html><title>dense {count}</title><style>{style}</style>{''.join(buttons)}"


PAGES = {
    "/action.html": """<!doctype html><title>action</title><button onclick="out.textContent = ++n">Add</button>
        <output id="out">0</output><label for="name">Name</label><input id="name"><script>var n = 0</script>""",
    "/static.html": "<!doctype html><title>static</title>" + "".join(f"<p>Paragraph {i}.</p>" for i in range(50)),
} | {f"/mixed{count}.html": mixed(count) for count in (100, 1000, 5000)
} | {f"/dense{count}.html": dense(count) for count in (100, 1000, 5000)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve():
    """Serves the pages in the background and returns their address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
