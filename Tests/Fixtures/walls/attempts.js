// Tries to reach another server in every way that a page has. Each try asks for a path of its own, so that the server
// can tell which of them came through. `TARGET` and `SOCKET` are the server's addresses, without a path.

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const add = (html) => document.body.insertAdjacentHTML("beforeend", html);
const frame = (html) => add(`<iframe srcdoc="${html.replaceAll('"', "&quot;")}"></iframe>`);
const request = (url) => fetch(url, { mode: "no-cors" });
const workerCode = (path) => `fetch("${TARGET}/${path}", { mode: "no-cors" })`;
const blobOf = (text, type) => URL.createObjectURL(new Blob([text], { type }));

const ways = {
  "fetch": (url) => request(url),
  "fetch-post": (url) => fetch(url, { method: "POST", mode: "no-cors", body: "x" }),
  "xhr": (url) => { const xhr = new XMLHttpRequest(); xhr.open("GET", url); xhr.send(); },
  "beacon": (url) => navigator.sendBeacon(url, "x"),
  "image": (url) => add(`<img src="${url}">`),
  "image-set": (url) => add(`<img srcset="${url} 1x">`),
  "background": (url) => add(`<p style="background: url(${url})">x</p>`),
  "script": (url) => { const script = document.createElement("script"); script.src = url; document.head.append(script); },
  "module": (url) => import(url),
  "stylesheet": (url) => add(`<link rel=stylesheet href="${url}">`),
  "css-import": (url) => add(`<style>@import url(${url});</style>`),
  "font": (url) => {
    add(`<style>@font-face { font-family: f; src: url(${url}) }</style><p style="font-family: f">x</p>`);
  },
  "video": (url) => add(`<video src="${url}" preload=auto></video>`),
  "track": (url) => add(`<audio autoplay src="${url}"></audio>`),
  "object": (url) => add(`<object data="${url}"></object>`),
  "embed": (url) => add(`<embed src="${url}">`),
  "iframe": (url) => add(`<iframe src="${url}"></iframe>`),
  "nested-iframe": (url) => frame(`<iframe src="${url}"></iframe>`),
  "sandboxed-iframe": (url) => add(`<iframe sandbox="allow-scripts" src="${url}"></iframe>`),
  "frame-location": (url) => frame(`<script>location.href = "${url}"</script>`),
  "frame-replace": (url) => frame(`<script>location.replace("${url}")</script>`),
  "meta-refresh": (url) => frame(`<meta http-equiv=refresh content="0;url=${url}">`),
  "form-get": (url) => frame(`<form action="${url}"></form><script>document.forms[0].submit()</script>`),
  "form-post": (url) => frame(`<form method=post action="${url}"></form><script>document.forms[0].submit()</script>`),
  "popup": (url) => { window.open(url); },
  "popup-location": (url) => { window.open("about:blank").location = url; },
  "blank-frame-location": (url) => {
    add("<iframe id=blank></iframe>");
    document.getElementById("blank").contentWindow.location = url;
  },
  "data-frame": (url) => add(`<iframe src="data:text/html,<img src='${url}'>"></iframe>`),
  "blob-frame": (url) => add(`<iframe src="${blobOf(`<script>fetch("${url}", { mode: "no-cors" })</script>`, "text/html")}"></iframe>`),
  "event-source": (url) => { new EventSource(url); },
  "preload": (url) => add(`<link rel=preload as=fetch href="${url}">`),
  "prefetch": (url) => add(`<link rel=prefetch href="${url}">`),
  "svg-image": (url) => add(`<svg><image href="${url}"/></svg>`),
  "worker": (url, path) => { new Worker(blobOf(workerCode(path), "text/javascript")); },
  "shared-worker": (url, path) => { new SharedWorker(`/worker?code=${encodeURIComponent(workerCode(path))}`); },
  "nested-worker": (url, path) => {
    new Worker(blobOf(`new Worker("${blobOf(workerCode(path), "text/javascript")}")`, "text/javascript"));
  },
  "service-worker": async (url, path) => {
    await navigator.serviceWorker.register(`/service-worker?code=${encodeURIComponent(workerCode(path))}`);
  },
  "redirect": () => request("/redirect"),
  "redirect-chain": () => request("/redirect-1"),
  "redirect-frame": () => add("<iframe src='/redirect-frame'></iframe>"),
  "websocket": (url, path) => { new WebSocket(`${SOCKET}/${path}`); },
  "websocket-in-worker": (url, path) => {
    new Worker(blobOf(`new WebSocket("${SOCKET}/${path}")`, "text/javascript"));
  },
  "keepalive": (url) => fetch(url, { mode: "no-cors", keepalive: true }),
};

/** Other ways to write the same place, each asked for by `fetch`. */
const spellings = {
  "name": (port) => `http://inside.test:${port}`,
  "name-with-dot": (port) => `http://INSIDE.test.:${port}`,
  "mixed-name": (port) => `http://mixed.test:${port}`,
  "changing-name": (port) => `http://changing.test:${port}`,
  "localhost": (port) => `http://localhost:${port}`,
  "localhost-upper": (port) => `http://LOCALHOST:${port}`,
  "localhost-dot": (port) => `http://localhost.:${port}`,
  "sub-localhost": (port) => `http://a.localhost:${port}`,
  "short": (port) => `http://127.1:${port}`,
  "decimal": (port) => `http://2130706433:${port}`,
  "hex": (port) => `http://0x7f.0.0.1:${port}`,
  "octal": (port) => `http://0177.0.0.1:${port}`,
  "zero": (port) => `http://0.0.0.0:${port}`,
  "other-loopback": (port) => `http://127.0.0.2:${port}`,
  "ipv6-mapped": (port) => `http://[::ffff:127.0.0.1]:${port}`,
  "fullwidth": (port) => `http://127。0。0。1:${port}`,
};

async function tryAll(port, withSockets) {
  const tries = Object.entries(ways).filter(([name]) => withSockets || !name.startsWith("websocket")).map(([name, way]) => [name, () => way(`${TARGET}/${name}`, name)]);
  for (const [name, spelling] of Object.entries(spellings)) {
    tries.push([name, () => request(`${spelling(port)}/${name}`)]);
  }
  await Promise.allSettled(tries.map(async ([, attempt]) => attempt()));
  await wait(1500);
  await fetch("/done", { method: "POST", body: String(tries.length) });
}
