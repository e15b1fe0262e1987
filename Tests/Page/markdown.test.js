import { nextFrame } from "./browser.js";
import { outline } from "./dom.js";
import { testMarkdown } from "./marked.js";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { mock, test } from "node:test";
import { decodeCharacterReferences } from "../../Sources/Backend/Page/character-references.js";
import { StreamedMarkdown, renderMarkdown } from "../../Sources/Backend/Page/markdown.js";

const shown = (text) => outline(renderMarkdown(text));
const code = (language, text) =>
    `div{code-block}(div{code-head}(span("${language}"), button{quiet-button}("Copy")), ` +
    `pre(code(${JSON.stringify(text)})))`;

/** Shows a text as far as it is written, then further. */
async function stream(streamed, ...texts) {
    for (const text of texts) {
        streamed.update(text);
        await nextFrame();
    }
}

// ------------------------------------------------------------------------------------------------------- what is shown

const ordinary = [
    ["# One\n\n## Two\n\n###### Six", `h2("One"), h3("Two"), h6("Six")`],
    ["One\n===\n\nTwo\n---", `h2("One"), h3("Two")`],
    ["a **b** *c* __d__ _e_", `p("a ", strong("b"), " ", em("c"), " ", strong("d"), " ", em("e"))`],
    ["***a*** **a *b* c**", `p(em(strong("a")), " ", strong("a ", em("b"), " c"))`],
    ["a\nb  \nc\\\nd", `p("a", br, "b", br, "c", br, "d")`],
    ["a\n\nb", `p("a"), p("b")`],
    ["a\n\n---\n\nb", `p("a"), hr, p("b")`],
    ["- a\n- b\n  - c", `ul(li("a"), li("b", ul(li("c"))))`],
    ["- a\n\n- b", `ul(li(p("a")), li(p("b")))`],
    ["1. a\n2. b", `ol(li("a"), li("b"))`],
    ["3. a\n4. b", `ol{3}(li("a"), li("b"))`],
    ["- [ ] a\n- [x] b", `ul(li("☐ a"), li("☑ b"))`],
    ["- [ ] a\n\n- [x] **b**", `ul(li(p("☐ a")), li(p("☑ ", strong("b"))))`],
    ["- [x] # a", `ul(li("☑ ", h2("a")))`],
    ["> a\n> > b", `blockquote(p("a"), blockquote(p("b")))`],
    ["- > a", `ul(li(blockquote(p("a"))))`],
    ["`a` ``a`b`` ` a ` `  ` `a\nb`",
        'p(code("a"), " ", code("a`b"), " ", code("a"), " ", code("  "), " ", code("a b"))'],
    ["`&lt;b&gt;`", `p(code("&lt;b&gt;"))`],
    ["```swift\nlet a = 1 < 2\n\n  // &amp;\n```", code("swift", "let a = 1 < 2\n\n  // &amp;")],
    ["~~~\na\n~~~", code("Code", "a")],
    ["```js\na", code("js", "a")],
    ["```c++ title\na\n```", code("c++", "a")],
    ["    a\n    b", code("Code", "a\nb")],
    ["- a\n\n  ```js\n  b\n  ```", `ul(li(p("a"), ${code("js", "b")}))`],
    ["|a|b|c|\n|-|:-:|-:|\n|1|**2**|`3`|",
        `div{table-box}(table(thead(tr(th("a"), th{center}("b"), th{right}("c"))), ` +
        `tbody(tr(td("1"), td{center}(strong("2")), td{right}(code("3"))))))`],
    ["a|b\n-|-\n1", `div{table-box}(table(thead(tr(th("a"), th("b"))), tbody(tr(td("1"), td))))`],
    ["a|b\n-|-", `div{table-box}(table(thead(tr(th("a"), th("b")))))`],
    ["[a *b*](https://b.example/c 'title')", `p(a{https://b.example/c}("a ", em("b")))`],
    ["[a](https://b.example/?c=1&amp;d=2&e=ü)", `p(a{https://b.example/?c=1&d=2&e=%C3%BC}("a"))`],
    ["[a](https://b.example/c%20d)", `p(a{https://b.example/c%20d}("a"))`],
    ["[a] [b][A] [c][]\n\n[a]: https://b.example/\n[c]: <http://c.example/>",
        `p(a{https://b.example/}("a"), " ", a{https://b.example/}("b"), " ", a{http://c.example/}("c"))`],
    ["https://b.example/?a=1&b=2. www.b.example", `p(a{https://b.example/?a=1&b=2}("https://b.example/?a=1&b=2"), ` +
        `". ", a{http://www.b.example}("www.b.example"))`],
    ["aisha@b.example <a@b.example>",
        `p(a{mailto:aisha@b.example}("aisha@b.example"), " ", a{mailto:a@b.example}("a@b.example"))`],
    ["![A & \"b\"](https://b.example/c.png)", String.raw`p(a{https://b.example/c.png}("Picture: A & \"b\""))`],
    ["\\*a\\* \\& \\< 1 < 2 & 3 > 2", `p("*a* & < 1 < 2 & 3 > 2")`],
    ["&copy; &eacute;&#233;&#xE9; &hellip; &#128512;", `p("© ééé … 😀")`],
    ["AT&T; a&b &unknown; &copy", `p("AT&T; a&b &unknown; &copy")`],
    ["", ""],
    ["\n \n", ""],
];

testMarkdown("Markdown becomes elements", () => {
    for (const [text, expected] of ordinary) assert.equal(shown(text), expected, JSON.stringify(text));
});

testMarkdown("single tildes are text, and two strike out", () => {
    for (const text of ["~a~", "RM 20~30 by post and RM 40~50", "(~2000 lines) and (~5000 lines)", "~a ~~ b~"]) {
        assert.equal(shown(text), `p(${JSON.stringify(text)})`);
    }
    assert.equal(shown("~~a~~ ~b~ ~~c *d*~~"), `p(del("a"), " ~b~ ", del("c ", em("d")))`);
});

testMarkdown("a link says where it leads, and opens another tab without telling where it was", () => {
    const [link] = renderMarkdown("[a](https://b.example/ 'elsewhere')").querySelectorAll("a");
    assert.deepEqual(Object.fromEntries(link.attributes), {
        href: "https://b.example/", title: "https://b.example/", rel: "noopener noreferrer nofollow", target: "_blank",
    });
});

testMarkdown("a block of code has a button that names it, and a table a box to scroll it", () => {
    const made = renderMarkdown("```js\na\n```\n\n```\nb\n```\n\na|b\n-|-");
    const values = (selector, name) => made.querySelectorAll(selector).map((each) => each.getAttribute(name));
    const ids = values("pre", "id");
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(values("button", "data-copies"), ids);
    assert.deepEqual(values("button", "type"), ["button", "button"]);
    assert.deepEqual(values("pre", "data-language"), ["js", ""]);
    assert.deepEqual(values("pre", "tabindex"), ["0", "0"]);
    assert.deepEqual(
        ["tabindex", "role", "aria-label"].flatMap((name) => values(".table-box", name)), ["0", "group", "Table"]);
});

test("character references are those of HTML", () => {
    for (const [text, expected] of [
        ["&lt;&gt;&amp;&quot;&apos;&nbsp;&yuml;&Yuml;", "<>&\"'\u00a0ÿŸ"], ["&zwj;&ensp;&female;", "\u200d\u2002♀"],
        ["&amp;lt;", "&lt;"], ["&#150;&#x80;", "–€"], ["&#0;&#xdfff;&#x110000;", "\ufffd\ufffd\ufffd"],
        ["&;&#;&#x;&#12345678;&a b;", "&;&#;&#x;&#12345678;&a b;"],
    ]) assert.equal(decodeCharacterReferences(text), expected);
});

test("no module of the page makes elements of HTML", () => {
    const folder = new URL("../../Sources/Backend/Page/", import.meta.url);
    const html = /\b(?:\w+HTML|DOMParser|createContextualFragment|srcdoc)\b|document\.write/;
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".js"))) {
        assert.doesNotMatch(readFileSync(new URL(name, folder), "utf8"), html, name);
    }
});

// ---------------------------------------------------------------------------------------- what is still being written

testMarkdown("blocks that are complete keep their elements while the text grows", async () => {
    const streamed = new StreamedMarkdown();
    await stream(streamed, "# A\n\nb", "# A\n\nb c");
    const heading = streamed.element.childNodes[0];
    assert.equal(outline(streamed.element), `h2("A"), div{markdown-tail}(p("b c"))`);
    await stream(streamed, "# A\n\nb c\n\n- d\n- e");
    const paragraph = streamed.element.childNodes[1];
    await stream(streamed, "# A\n\nb c\n\n- d\n- e\n\nf");
    assert.equal(outline(streamed.element), `h2("A"), p("b c"), ul(li("d"), li("e")), div{markdown-tail}(p("f"))`);
    assert.equal(streamed.element.childNodes[0], heading);
    assert.equal(streamed.element.childNodes[1], paragraph);
});

testMarkdown("the last block can still become another", async () => {
    const streamed = new StreamedMarkdown();
    const steps = [
        ["a|b", `div{markdown-tail}(p("a|b"))`],
        ["\n-|-", `div{markdown-tail}(div{table-box}(table(thead(tr(th("a"), th("b"))))))`],
        ["\n\n```js\n**c",
            `div{table-box}(table(thead(tr(th("a"), th("b"))))), div{markdown-tail}(${code("js", "**c")})`],
    ];
    let text = "";
    for (const [piece, expected] of steps) {
        text += piece;
        await stream(streamed, text);
        assert.equal(outline(streamed.element), expected);
    }
});

testMarkdown("whatever it is cut into, a text is shown as if it had come at once", async () => {
    const text = "# A\r\n\r\n[b]: https://b.example/\r\n\r\nc\td\0\n\n- e\n\n\tf\n- g\n\n\n1. h\n\n```\n\ti\n```\n\n" +
        "> j\n\na|b\n-|-\n1|~2\n\n    k\n\nl\n[m]: https://m.example/\n\n***\n\n<div>\n\n😀 n\n";
    const whole = shown(text);
    for (const size of [1, 2, 3, 7, 20]) {
        const streamed = new StreamedMarkdown();
        for (let end = size; end < text.length + size; end += size) await stream(streamed, text.slice(0, end));
        // The tail's blocks stand by themselves.
        assert.equal(outline(streamed.element).replace(/div\{markdown-tail\}\((.*)\)$/, "$1"), whole, `${size}`);
        assert.ok(streamed.element.childNodes.length > 10, "complete blocks");
        streamed.finish(text);
        assert.equal(outline(streamed.element), whole);
    }
});

testMarkdown("a link whose address is at the end of the text leads there once it is complete", async () => {
    const streamed = new StreamedMarkdown();
    const text = "[a]\n\nb\n\n[a]: https://b.example/";
    await stream(streamed, text.slice(0, 7), text);
    assert.equal(outline(streamed.element), `p("[a]"), p("b"), div{markdown-tail}`);
    streamed.finish(text);
    assert.equal(outline(streamed.element), `p(a{https://b.example/}("a")), p("b")`);
});

testMarkdown("changes are made within what keeps the place, at most once a frame", async () => {
    let changes = 0;
    const streamed = new StreamedMarkdown((change) => {
        changes += 1;
        const before = outline(streamed.element);
        change();
        assert.notEqual(outline(streamed.element), before);
    });
    for (const text of ["a", "a b", "a b c"]) streamed.update(text);
    await nextFrame();
    streamed.update("a b c");
    assert.equal(changes, 1);
    assert.equal(outline(streamed.element), `div{markdown-tail}(p("a b c"))`);
});

testMarkdown("nothing is drawn after it is finished or stopped", async () => {
    const [finished, stopped, other] = [1, 2, 3].map(() => new StreamedMarkdown());
    finished.update("a");
    finished.finish("b");
    stopped.update("a");
    stopped.stop();
    await stream(other, "a");
    assert.equal(outline(finished.element), `p("b")`);
    assert.equal(outline(stopped.element), "div{markdown-tail}");
});

// ---------------------------------------------------------------------------------------------------- without a parser

test("text is plain where marked isn't there", async () => {
    const { marked } = window;
    const log = mock.method(console, "error", () => {});
    window.marked = undefined;
    try {
        // A module of its own, which hasn't made its lexer yet.
        const { markdownTokens } = await import("../../Sources/Backend/Page/markdown-tokens.js?without-marked");
        assert.equal(markdownTokens("**a**"), null);
        assert.equal(log.mock.callCount(), 0);
    } finally {
        window.marked = marked;
        log.mock.restore();
    }
});
