import { nextFrame } from "./browser.js";
import { outline } from "./dom.js";
import { testMarkdown } from "./marked.js";
import assert from "node:assert/strict";
import { mock } from "node:test";
import { StreamedMarkdown, renderMarkdown } from "../../Sources/Backend/Page/markdown.js";

const code = (language, text) =>
    `div{code-block}(div{code-head}(span("${language}"), button{quiet-button}("Copy")), ` +
    `pre(code${text && `("${text}")`}))`;

/** Markdown of somebody who means it ill, and what is shown of it. */
const hostile = [
    // Addresses that aren't of the web or of mail: the label stays.
    ["[a](javascript:bad())", `p("a")`],
    ["[a](JaVaScRiPt:bad())", `p("a")`],
    ["[a](&#106;avascript:bad())", `p("a")`],
    ["[a](&#x6A;avascript&colon;bad())", `p("a")`],
    ["[a](java&#9;script:bad())", `p("a")`],
    ["[a](java&Tab;script:bad())", `p("a")`],
    ["[a](java\tscript:bad())", String.raw`p("[a](java\tscript:bad())")`],
    ["[a](java\nscript:bad())", `p("[a](java", br, "script:bad())")`],
    ["[a](<java\tscript:bad()>)", `p("a")`],
    ["[a](&#10;javascript:bad())", `p("a")`],
    ["[a](\u0001javascript:bad())", String.raw`p("[a](\u0001javascript:bad())")`],
    ["[a](javascript&#58;bad())", `p("a")`],
    ["[a](\\javascript:bad())", `p("a")`],
    ["[a](java\\script:bad())", `p("a")`],
    ["[a](%6Aavascript:bad())", `p("a")`],
    ["[a](javascript://https://b.example/%0Abad())", `p("a")`],
    ["[a](data:text/html,<script>bad()</script>)", `p("a")`],
    ["[a](data:text/html;base64,PHNjcmlwdD4=)", `p("a")`],
    ["[a](vbscript:bad())", `p("a")`],
    ["[a](blob:https://b.example/1)", `p("a")`],
    ["[a](filesystem:https://b.example/1)", `p("a")`],
    ["[a](view-source:https://b.example/)", `p("a")`],
    ["[a](file:///etc/passwd)", `p("a")`],
    ["[a](//b.example/)", `p("a")`],
    ["[a](/api/sessions)", `p("a")`],
    ["[a](#gate)", `p("a")`],
    ["[a](?x)", `p("a")`],
    ["[a]()", `p("a")`],
    ["[a](https:b.example)", `p("a")`],
    ["[a](https:\\\\b.example)", `p("a")`],
    ["[a](ftp://b.example/)", `p("a")`],
    ["[a](tel:999)", `p("a")`],
    ["[a](&#32;https://b.example/)", `p("a")`],
    // Addresses that are: nothing in them or in a title gets out of the attribute.
    ["[a]( HTTPS://b.example/)", `p(a{HTTPS://b.example/}("a"))`],
    ["[a](https://b.example/\ud800)", `p("a")`],
    ["[a](https://b.example/\"onmouseover=\"bad())", `p(a{https://b.example/%22onmouseover=%22bad()}("a"))`],
    ["[a](https://b.example/&quot;onmouseover=&quot;bad())", `p(a{https://b.example/%22onmouseover=%22bad()}("a"))`],
    ["[a](https://b.example/ \"t\\\" onmouseover=\\\"bad()\")", `p(a{https://b.example/}("a"))`],
    ["[a](https://b.example/ '\"><img src=x onerror=bad()>')", `p(a{https://b.example/}("a"))`],
    ["[a](https://b.example/\u202egnp.exe)", `p(a{https://b.example/%E2%80%AEgnp.exe}("a"))`],
    ["[a](https://b.example/\u2028x)", `p("[a](", a{https://b.example/}("https://b.example/"), "\u2028x)")`],
    ["[a](mailto:a@b.example?subject=<b>)", `p(a{mailto:a@b.example?subject=%3Cb%3E}("a"))`],
    // Pictures are links.
    ["![a](javascript:bad())", `p("Picture: a")`],
    ["![a](https://t.example/p.png)", `p(a{https://t.example/p.png}("Picture: a"))`],
    ["![\"onerror=bad()](https://t.example/p.png \"x\\\" onerror=\\\"bad()\")",
        String.raw`p(a{https://t.example/p.png}("Picture: \"onerror=bad()"))`],
    ["![<img src=x onerror=bad()>](data:image/svg+xml,<svg/onload=bad()>)", `p("Picture: <img src=x onerror=bad()>")`],
    ["![](https://t.example/p.png)", `p(a{https://t.example/p.png}("Picture: https://t.example/p.png"))`],
    ["![](javascript:bad())", `p("Picture: javascript:bad()")`],
    // Addresses that are links by themselves.
    ["<javascript:bad()>", `p("javascript:bad()")`],
    ["<data:text/html,bad>", `p("data:text/html,bad")`],
    ["<https://b.example/\"onclick=bad()>",
        String.raw`p(a{https://b.example/%22onclick=bad()}("https://b.example/\"onclick=bad()"))`],
    ["<a@b.example>", `p(a{mailto:a@b.example}("a@b.example"))`],
    ["<mailto:a@b.example>", `p(a{mailto:a@b.example}("mailto:a@b.example"))`],
    ["https://b.example/?a=1&b=2<script>",
        `p(a{https://b.example/?a=1&b=2}("https://b.example/?a=1&b=2"), "<script>")`],
    ["ftp://b.example/", `p("ftp://b.example/")`],
    ["www.b.example/\"x", String.raw`p(a{http://www.b.example/%22x}("www.b.example/\"x"))`],
    ["javascript:https://b.example/", `p("javascript:", a{https://b.example/}("https://b.example/"))`],
    // Addresses that are defined elsewhere.
    ["[a]\n\n[a]: javascript:bad()", `p("a")`],
    ["[a][b]\n\n[b]: <data:text/html,x> \"t\"", `p("a")`],
    ["![a][b]\n\n[b]: vbscript:bad()", `p("Picture: a")`],
    ["[__proto__] [constructor] [toString]", `p("[", strong("proto"), "] [constructor] [toString]")`],
    ["[a]\n\n[a]: https://b.example/ '\" onclick=\"bad()'", `p(a{https://b.example/}("a"))`],
    ["[a]\n\n[A]: https://b.example/\n[a]: javascript:bad()", `p(a{https://b.example/}("a"))`],
    // Links in links.
    ["[a [b](https://inner.example/) c](https://outer.example/)", `p(a{https://outer.example/}("a b c"))`],
    ["[a [b](https://inner.example/) c](javascript:bad())", `p("a ", a{https://inner.example/}("b"), " c")`],
    ["[![a](https://i.example/)](https://o.example/)", `p(a{https://o.example/}("Picture: a"))`],
    ["[![a](javascript:bad())](https://o.example/)", `p(a{https://o.example/}("Picture: a"))`],
    ["[![a](https://i.example/)](javascript:bad())", `p(a{https://i.example/}("Picture: a"))`],
    ["[a](https://b.example/)](javascript:bad())", `p(a{https://b.example/}("a"), "](javascript:bad())")`],
    ["[[[[a](javascript:bad())]]]", `p("[[[a]]]")`],
    ["[a](javascript:alert(1)(https://b.example/))", `p("a")`],
    ["[<https://b.example/>](https://c.example/)", `p(a{https://c.example/}("https://b.example/"))`],
    // HTML.
    ["<script>bad()</script>", `p("<script>bad()</script>")`],
    ["<img src=x onerror=bad()>", `p("<img src=x onerror=bad()>")`],
    ["a <b onclick=bad()>b</b>", `p("a <b onclick=bad()>b</b>")`],
    ["<svg onload=bad()><a xlink:href=\"javascript:bad()\"></svg>",
        String.raw`p("<svg onload=bad()><a xlink:href=\"javascript:bad()\"></svg>")`],
    ["<style>*{display:none}</style>", `p("<style>*{display:none}</style>")`],
    ["<a href=\"javascript:bad()\">x</a>", String.raw`p("<a href=\"javascript:bad()\">x</a>")`],
    ["<a href=x>https://b.example/</a>", `p("<a href=x>", a{https://b.example/}("https://b.example/"), "</a>")`],
    ["<!-- <script>bad()</script> -->", `p("<!-- <script>bad()</script> -->")`],
    ["<![CDATA[<script>bad()</script>]]>", `p("<![CDATA[<script>bad()</script>]]>")`],
    ["<?php bad() ?>", `p("<?php bad() ?>")`],
    ["<!DOCTYPE html>", `p("<!DOCTYPE html>")`],
    ["<template><script>bad()</script></template>", `p("<template><script>bad()</script></template>")`],
    ["<math><mtext><img src=x onerror=bad()></mtext></math>",
        `p("<math><mtext><img src=x onerror=bad()></mtext></math>")`],
    ["<pre>\n**a**\n\n**b**</pre>", `p("<pre>", br, strong("a")), p(strong("b"), "</pre>")`],
    ["<scr<script>ipt>bad()</script>", `p("<scr<script>ipt>bad()</script>")`],
    ["&lt;script&gt;bad()&lt;/script&gt;", `p("<script>bad()</script>")`],
    ["&amp;lt;b&amp;gt;", `p("&lt;b&gt;")`],
    ["\\<script\\>bad()", `p("<script>bad()")`],
    ["`<img src=x onerror=bad()>`", `p(code("<img src=x onerror=bad()>"))`],
    ["    <script>bad()</script>", code("Code", "<script>bad()</script>")],
    ["<div>\n\n**a**\n\n</div>", `p("<div>"), p(strong("a")), p("</div>")`],
    // Code, and what is behind its fence.
    ["```\"onclick=\"bad()\n<b>\n```", code("Code", "<b>")],
    ["```js\" onload=bad() x\n</code></pre><script>bad()</script>\n```",
        code("js", "</code></pre><script>bad()</script>")],
    ["~~~<img src=x onerror=bad()>\n&lt;\n~~~", code("Code", "&lt;")],
    ["```__proto__\n```", code("__proto__", "")],
    ["```&lt;b&gt;\na\n```", code("Code", "a")],
    // Other blocks.
    ["|<script>|[a](javascript:bad())|\n|:-|-:|\n|<img src=x onerror=bad()>|`<b>`|",
        `div{table-box}(table(thead(tr(th{left}("<script>"), th{right}("a"))), ` +
        `tbody(tr(td{left}("<img src=x onerror=bad()>"), td{right}(code("<b>"))))))`],
    ["|a|\n|-|\n|<td onclick=bad()>\\|b|",
        `div{table-box}(table(thead(tr(th("a"))), tbody(tr(td("<td onclick=bad()>|b")))))`],
    ["a|b\n-|-\n<!--|-->", `div{table-box}(table(thead(tr(th("a"), th("b"))))), p("<!--|-->")`],
    ["# <script>bad()</script>", `h2("<script>bad()</script>")`],
    ["###### a", `h6("a")`],
    ["1. <b>\n2) <i>", `ol(li("<b>")), ol{2}(li("<i>"))`],
    ["999999999. a", `ol{999999999}(li("a"))`],
    ["- [x] <b>\n- [ ] [a](javascript:bad())", `ul(li("☑ <b>"), li("☐ a"))`],
    ["> <script>\n> bad()", `blockquote(p("<script>", br, "bad()"))`],
    ["a <br> b", `p("a <br> b")`],
    ["~~<b>~~ ~<i>~", `p(del("<b>"), " ~<i>~")`],
    ["**<b>** _<i>_", `p(strong("<b>"), " ", em("<i>"))`],
    // Characters that mean something elsewhere.
    ["a\0b", `p("a\ufffdb")`],
    ["[a](https://b.example/\0)", `p(a{https://b.example/%EF%BF%BD}("a"))`],
    ["&#0;&#xD800;&#x110000;&#x1F600;", `p("\ufffd\ufffd\ufffd😀")`],
    ["\ud800 a \udc00", String.raw`p("\ud800 a \udc00")`],
    ["\u202eevil\u202c", `p("\u202eevil\u202c")`],
    ["*\ud83d*", String.raw`p(em("\ud83d"))`],
    ["\u2028a\u2029", `p("\u2028a\u2029")`],
    ["\ufeff# a", `p("\ufeff# a")`],
    ["<\0script>", `p("<\ufffdscript>")`],
    ["a\r\nb\rc", `p("a", br, "b", br, "c")`],
    ["&nbsp;&copy;&#146;&hellip;&bogus;&copy", `p("\u00a0©’…&bogus;&copy")`],
    ["&constructor;&__proto__;", `p("&constructor;&", strong("proto"), ";")`],
];

/** The attributes of each element that there may be. */
const allowed = {
    p: [], br: [], hr: [], h2: [], h3: [], h4: [], h5: [], h6: [], strong: [], em: [], del: [], code: [], span: [],
    blockquote: [], ul: [], li: [], table: [], thead: [], tbody: [], tr: [], ol: ["start"], th: ["align"], td: ["align"],
    a: ["href", "title", "rel", "target"], pre: ["id", "tabindex", "data-language"],
    div: ["class", "tabindex", "role", "aria-label"], button: ["class", "type", "data-copies"],
};

function checkHarmless(root, text) {
    for (const element of root.querySelectorAll("*")) {
        const { localName, attributes, listeners } = element;
        assert.ok(Object.hasOwn(allowed, localName), `${localName} of ${text}`);
        assert.deepEqual([...attributes.keys()].filter((name) => name !== "dir" && !allowed[localName].includes(name)),
            [], text);
        assert.match(attributes.get("dir") ?? "", /^(?:auto|)$/);
        assert.equal(listeners.size, 0);
        assert.match(attributes.get("start") ?? "", /^\d{0,9}$/);
        assert.match(attributes.get("align") ?? "", /^(?:left|center|right|)$/);
        if (localName !== "a") continue;
        // No white space, no quotes, no control characters, nothing that turns the direction of writing.
        assert.match(attributes.get("href"), /^(?:https?:\/\/|mailto:)[!#-;=?-~]*$/i, text);
        assert.equal(attributes.get("title"), attributes.get("href"));
        assert.equal(attributes.get("rel"), "noopener noreferrer nofollow");
        assert.equal(attributes.get("target"), "_blank");
        assert.equal(element.querySelectorAll("a").length, 0, text);
    }
}

function depth(node) {
    return 1 + Math.max(0, ...node.childNodes.map(depth));
}

// -------------------------------------------------------------------------------------------------- what is shown of it

testMarkdown("what is meant ill is shown and does nothing", () => {
    for (const [text, expected] of hostile) {
        const made = renderMarkdown(text);
        assert.equal(outline(made), expected, JSON.stringify(text));
        checkHarmless(made, text);
    }
});

testMarkdown("nor does it while it is being written", async () => {
    for (const [text] of hostile.filter((_, index) => index % 4 === 0)) {
        const streamed = new StreamedMarkdown();
        for (let end = 1; end <= text.length; end += 3) {
            streamed.update(text.slice(0, end));
            await nextFrame();
            checkHarmless(streamed.element, text);
        }
    }
});

testMarkdown("nor does it in a heading, a list, a quote, a table, emphasis, or a link", () => {
    for (const [text] of hostile.filter(([each]) => !each.includes("\n"))) {
        for (const [before, after] of [
            ["# ", ""], ["- ", ""], ["1. a\n\n   ", "\n2. b"], ["> ", ""], ["a|b\n-|-\n", "|c"], ["**", "**"],
            ["~~", "~~"], ["[", "](https://b.example/)"], ["![", "](https://b.example/)"], ["[a](", ")"], ["<", ">"],
            ["`", "`"], ['[a](https://b.example/ "', '")'], ["```", "\n"], ["```\n", ""], ["[a]\n\n[a]: ", ""],
            ["\\", ""], ["&", ";"],
        ]) checkHarmless(renderMarkdown(before + text + after), before + text + after);
    }
});

testMarkdown("nor does anything put together of its parts", () => {
    const parts = hostile.flatMap(([text]) => text.match(/\w+|\s+|[^]/g));
    // The same ones each time.
    let seed = 7;
    const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
    for (let count = 0; count < 3000; count += 1) {
        const text = Array.from({ length: 1 + random(30) }, () => parts[random(parts.length)]).join("");
        checkHarmless(renderMarkdown(text), text);
    }
});

// -------------------------------------------------------------------------------------------------- what takes too much

const repeat = (text, count) => text.repeat(count);
const lines = (count, line) => Array.from({ length: count }, (_, index) => line(index)).join("\n");
const excessive = {
    "5,000 quotes": `${repeat("> ", 5000)}a`,
    "5,000 quotes without spaces": `${repeat(">", 5000)}a`,
    "5,000 lists": `${repeat("- ", 5000)}a`,
    "5,000 numbered lists": `${repeat("1. ", 5000)}a`,
    "5,000 levels of both": `${repeat("> 1) * ", 1700)}a`,
    "lists within lists, line by line": lines(420, (index) => `${repeat("  ", index)}- a`),
    "quotes within quotes, line by line": lines(400, (index) => `${repeat("> ", index)}a`),
    "many lines of 24 levels": lines(900, () => `${repeat("> ", 24)}a`),
    "5,000 brackets": repeat("[", 5000),
    "700 links in links": `${repeat("[", 700)}a${repeat("](https://b.example/)", 700)}`,
    "5,000 pictures": repeat("![", 5000),
    "5,000 emphases": `${repeat("*a ", 5000)}${repeat("*", 5000)}`,
    "nested emphases": lines(20, () => `${repeat("**a *b ", 30)}${repeat("c* d** ", 30)}\n`),
    "strikes": repeat("~~a ", 4000),
    "backticks": lines(150, (index) => repeat("`", index + 1)),
    "tags": repeat("<a ", 6000),
    "a comment without end": `<!--${repeat("-", 15_000)}`,
    "references": repeat("&amp;", 3000),
    "spaces in a link": `[a](${repeat(" ", 15_000)}`,
    "a title without end": `[a](b "${repeat("\\\"", 7000)}`,
    "an address without end": `https://b.example/${repeat("a.", 7000)}!`,
    "brackets in one": `https://b.example/${repeat("(", 9000)}`,
    "a name of mail": repeat("a.", 7000),
    "pipes": repeat("|", 15_000),
    "a table of millions of cells": `${repeat("|", 9001)}\n${repeat("|-", 9000)}\n${repeat("a\n", 3000)}`,
    "definitions": `${lines(1500, (index) => `[${index}]: https://b.example/`)}\n\n${repeat("[1] ", 100)}`,
    "one line of 100,000 characters": repeat("a ", 50_000),
    "four lines of 20,000": repeat(`${repeat("a ", 9999)}\n\n`, 4),
    "10,000 lines": repeat("- a\n", 10_000),
    "a million characters": repeat("a\n\n", 333_334),
    "surrogates": repeat("\ud800", 15_000),
    "what turns the writing": repeat("\u202e", 15_000),
    "NULs": repeat("\0", 15_000),
};

testMarkdown("what takes too much is shown in time, at a depth that can be laid out", () => {
    for (const [name, text] of Object.entries(excessive)) {
        // Processor time, because a busy machine takes longer.
        const begin = process.cpuUsage();
        const made = renderMarkdown(text);
        const { user, system } = process.cpuUsage(begin);
        assert.ok(user + system < 10_000_000, `${name}: ${user + system} µs`);
        assert.ok(depth(made) < 100, `${name}: ${depth(made)} levels`);
        checkHarmless(made, name);
    }
});

testMarkdown("nothing of a text that is too long, or nested too deep, is lost", () => {
    for (const name of ["5,000 quotes", "5,000 numbered lists", "one line of 100,000 characters"]) {
        const text = excessive[name];
        assert.equal(outline(renderMarkdown(text)), `div{plain-text}(${JSON.stringify(text)})`);
    }
    const [box] = renderMarkdown(excessive["10,000 lines"]).querySelectorAll(".plain-text");
    assert.equal(box.textContent, `\n${repeat("- a\n", 6000)}`);
    const deep = renderMarkdown(excessive["lists within lists, line by line"]);
    assert.equal(deep.textContent.match(/a/g).length, 420);
    // As many brackets as nobody writes.
    assert.equal(outline(renderMarkdown(`${repeat("[", 500)}\n**a**`)), `p("${repeat("[", 500)}", br, "**a**")`);
});

testMarkdown("a table is one only up to a number of cells", () => {
    const table = (columns, rows) =>
        renderMarkdown(`${repeat("|a", columns)}\n${repeat("|-", columns)}\n${repeat("b\n", rows)}\nc`);
    assert.equal(table(100, 100).querySelectorAll("td").length, 10_000);
    const text = table(200, 200);
    assert.equal(text.querySelectorAll("table").length, 0);
    assert.equal(text.textContent.match(/a/g).length, 200);
});

testMarkdown("boxes drawn of signs, and lines that look deep, leave the rest of the text as it is", () => {
    const border = `+${repeat("-", 40)}+`;
    assert.equal(outline(renderMarkdown(`**a**\n\n    ${border}`)), `p(strong("a")), ${code("Code", border)}`);
    assert.equal(outline(renderMarkdown(`**a**\n\n${repeat("- ", 40)}`)), `p(strong("a")), hr`);
    assert.equal(outline(renderMarkdown(`**a**\n\n${repeat("*", 40)}`)), `p(strong("a")), hr`);
});

testMarkdown("what can't be parsed in time is plain text", () => {
    let time = 0;
    const clock = mock.method(performance, "now", () => (time += 30));
    try {
        const text = `**a**\n\n${repeat("b\n\n", 30)}**c**\n`;
        const made = renderMarkdown(text);
        assert.match(outline(made), /^p\("\*\*a\*\*"\), p\("b"\), .*div\{plain-text\}\("b.*\*\*c\*\*\\n"\)$/);
        assert.equal(made.textContent.replaceAll("\n", ""), text.replaceAll("\n", ""));
    } finally {
        clock.mock.restore();
    }
});
